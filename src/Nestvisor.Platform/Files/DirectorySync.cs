using System.Runtime.InteropServices;

namespace Nestvisor.Platform.Files;

/// <summary>Makes changes of a directory's entries durable; .NET cannot open a directory for fsync(2).</summary>
public static partial class DirectorySync
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    /// <summary>Returns when the directory's entries are on the disk.</summary>
    /// <exception cref="IOException">The directory cannot be opened or written.</exception>
    public static void Flush(string directory)
    {
        int descriptor = open(directory, ReadOnlyDirectoryCloseOnExec);
        if (descriptor < 0)
        {
            throw Failure(directory);
        }

        try
        {
            if (fsync(descriptor) != 0)
            {
                throw Failure(directory);
            }
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failure(string directory) =>
        new($"Directory '{directory}' cannot be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(int descriptor);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
