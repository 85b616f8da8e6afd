using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>An open file descriptor that is closed exactly once.</summary>
public sealed unsafe partial class FileDescriptor : SafeHandle
{
    private const int OpenReadWrite = 2;
    private const int OpenCloseOnExec = 0x80000;
    private const int OpenNonBlocking = 0x800;

    /// <summary>Takes over a descriptor.</summary>
    /// <param name="value">Its number.</param>
    public FileDescriptor(int value)
        : base(-1, ownsHandle: true) => SetHandle(value);

    /// <summary>Number of the descriptor, valid until <see cref="SafeHandle.Dispose()"/>.</summary>
    public int Value => (int)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Opens a file or device for reading and writing; the descriptor is closed on exec.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="nonBlocking">Whether reads and writes that would wait fail instead.</param>
    /// <returns>The descriptor.</returns>
    /// <exception cref="Win32Exception">The kernel refused; the exception's number is errno.</exception>
    public static FileDescriptor OpenReadWriteFile(string path, bool nonBlocking = false)
    {
        int fd = open(path, OpenReadWrite | OpenCloseOnExec | (nonBlocking ? OpenNonBlocking : 0), 0);
        return fd < 0 ? throw LinuxError.Last($"Cannot open '{path}'") : new FileDescriptor(fd);
    }

    /// <summary>Reads from a position of a seekable file.</summary>
    /// <param name="fileDescriptor">The descriptor.</param>
    /// <param name="target">Where to.</param>
    /// <param name="offset">First byte.</param>
    /// <returns>Bytes read, or the negative errno.</returns>
    public static int ReadAt(int fileDescriptor, Span<byte> target, long offset)
    {
        // SAFETY: the span is pinned for the call and its length bounds the read.
        fixed (byte* bytes = target)
        {
            nint count = pread(fileDescriptor, bytes, (nuint)target.Length, offset);
            return count < 0 ? -Marshal.GetLastPInvokeError() : (int)count;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
