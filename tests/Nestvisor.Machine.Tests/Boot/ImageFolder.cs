namespace Nestvisor.Machine.Tests.Boot;

/// <summary>A folder of image files that goes away with the test.</summary>
internal sealed class ImageFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("nestvisor-test-").FullName;

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string PathOf(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
