using Nestvisor.Api;

namespace Nestvisor.Management.Hosting;

/// <summary>The folder of the sockets: only this user's, and only one service at a time works in it.</summary>
internal sealed class RuntimeFolder : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly FileStream _lock;
    private readonly string _socket;

    private RuntimeFolder(FileStream @lock, string socket)
    {
        _lock = @lock;
        _socket = socket;
    }

    /// <summary>Makes the folder and the state folder and locks the former; null if another service has it.</summary>
    /// <exception cref="IOException">The folder cannot be made, or is another user's.</exception>
    public static RuntimeFolder? TryLock(NestvisorPaths paths)
    {
        foreach (string folder in (ReadOnlySpan<string>)[paths.State, paths.Runtime])
        {
            _ = Directory.CreateDirectory(folder, Private);
            try
            {
                // Only its owner (or root) may change a folder's mode: this fails on one that somebody else prepared in /tmp.
                File.SetUnixFileMode(folder, Private);
            }
            catch (UnauthorizedAccessException error)
            {
                throw new IOException($"'{folder}' belongs to another user. Remove it, or set NESTVISOR_STATE and NESTVISOR_RUNTIME to folders of your own.", error);
            }
        }

        FileStream @lock;
        try
        {
            @lock = new FileStream(Path.Combine(paths.Runtime, "service.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }

        // A killed service leaves its socket; under the lock nobody else can be listening on it.
        File.Delete(paths.ServiceSocket);
        return new RuntimeFolder(@lock, paths.ServiceSocket);
    }

    /// <summary>Takes the socket away, so that nobody connects any more, and then gives the folder back.</summary>
    public void Dispose()
    {
        File.Delete(_socket);
        _lock.Dispose();
    }
}
