namespace Nestvisor.Worker.Tests;

/// <summary>A folder of its own for a test, with a short name because of the sockets in it.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("nvw").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Lets the user write into it who runs the worker. The files that the test puts there stay the test's.</summary>
    public void Open(WorkerUser user)
    {
        if (user == WorkerUser.Unprivileged && Environment.IsPrivilegedProcess)
        {
            System.IO.File.SetUnixFileMode(Path, (UnixFileMode)0x1FF);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
