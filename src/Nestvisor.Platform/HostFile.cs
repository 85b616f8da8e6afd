using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nestvisor.Platform;

/// <summary>Operations on files that .NET does not offer (fallocate(2), ioctl_ficlone(2), lseek(2), statx(2)).</summary>
public static partial class HostFile
{
    private const int KeepSize = 0x01;
    private const int PunchHole = 0x02;
    private const int ZeroRange = 0x10;
    private const nuint CloneRequest = 0x4004_9409;
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int NoSuchAddress = 6;

    // linux/stat.h: struct statx has 256 bytes, the mode at 28.
    private const int StatusLength = 256;
    private const int ModeOffset = 28;
    private const int FormatMask = 0xF000;
    private const int RegularFormat = 0x8000;
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint TypeMask = 1;

    /// <summary>Gives a range's storage back to the file system; it reads as zeros from then on. The file keeps its length.</summary>
    /// <param name="file">A file opened for writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <returns>False if the file system cannot do it.</returns>
    public static bool TryPunchHole(SafeHandle file, long offset, long length) =>
        fallocate(file, PunchHole | KeepSize, offset, length) == 0;

    /// <summary>Makes a range read as zeros without writing it out. The file keeps its length.</summary>
    /// <param name="file">A file opened for writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <returns>False if the file system cannot do it.</returns>
    public static bool TryZeroRange(SafeHandle file, long offset, long length) =>
        fallocate(file, ZeroRange | KeepSize, offset, length) == 0;

    /// <summary>Makes a file share another one's storage, if the file system can do it; what is written later to either is its own.</summary>
    /// <param name="target">An empty file, open for writing.</param>
    /// <param name="source">A file, open for reading.</param>
    /// <returns>False if the file system cannot do it.</returns>
    public static bool TryClone(SafeFileHandle target, SafeFileHandle source)
    {
        bool referenced = false;
        try
        {
            source.DangerousAddRef(ref referenced);
            return ioctl(target, CloneRequest, source.DangerousGetHandle()) == 0;
        }
        finally
        {
            if (referenced)
            {
                source.DangerousRelease();
            }
        }
    }

    /// <summary>The next range of a file that may hold something else than zeros.</summary>
    /// <param name="file">A file; its position changes.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="length">The file's length.</param>
    /// <returns>Where the range begins and ends; both are the length if there is none. Where the file system knows no holes, all is a range.</returns>
    public static (long Start, long End) NextData(SafeFileHandle file, long offset, long length)
    {
        long start = lseek(file, offset, SeekData);
        if (start < 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchAddress ? (length, length) : (offset, length);
        }

        long end = lseek(file, start, SeekHole);
        return (Math.Min(start, length), end < 0 ? length : Math.Min(end, length));
    }

    /// <summary>Whether a path names a regular file: no folder, no device, nothing that blocks who opens it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="followLink">Whether a symbolic link at the end of the path counts as what it leads to.</param>
    public static bool IsRegular(string path, bool followLink)
    {
        Span<byte> status = stackalloc byte[StatusLength];
        return statx(CurrentDirectory, path, followLink ? 0 : NoFollow, TypeMask, ref MemoryMarshal.GetReference(status)) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & FormatMask) == RegularFormat;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle file, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(SafeHandle file, long offset, int whence);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeHandle file, int mode, long offset, long length);
}
