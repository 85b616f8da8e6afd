using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Operations on ranges of files that .NET does not offer (fallocate(2)).</summary>
public static partial class HostFile
{
    private const int KeepSize = 0x01;
    private const int PunchHole = 0x02;
    private const int ZeroRange = 0x10;

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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(SafeHandle file, int mode, long offset, long length);
}
