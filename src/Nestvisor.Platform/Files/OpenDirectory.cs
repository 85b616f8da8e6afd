using System.Runtime.InteropServices;

namespace Nestvisor.Platform.Files;

/// <summary>
/// A directory whose entries can be made durable later, by a process that can then open nothing any more; .NET cannot open a directory
/// for fsync(2).
/// </summary>
public sealed partial class OpenDirectory : IDisposable
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    private readonly string _path;
    private readonly int _descriptor;
    private bool _disposed;

    /// <summary>Opens a directory.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public OpenDirectory(string path)
    {
        _path = path;
        _descriptor = open(path, ReadOnlyDirectoryCloseOnExec);
        if (_descriptor < 0)
        {
            throw Failure();
        }
    }

    /// <summary>Returns when the directory's entries are on the disk.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Flush()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (fsync(_descriptor) != 0)
        {
            throw Failure();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _ = close(_descriptor);
        }
    }

    private IOException Failure() =>
        new($"Directory '{_path}' cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
