using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Anonymous, file-backed and reserved host memory (mmap(2), memfd_create(2)).</summary>
public static unsafe partial class HostMemory
{
    private const int ProtNone = 0;
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int ProtExecute = 4;
    private const int MapShared = 0x01;
    private const int MapPrivate = 0x02;
    private const int MapFixed = 0x10;
    private const int MapAnonymous = 0x20;
    private const int MapNoReserve = 0x4000;
    private const int AdviseHugePage = 14;
    private const uint MfdCloexec = 1;

    /// <summary>Bytes in a host page.</summary>
    public const int PageSize = 4096;

    /// <summary>Bytes in a huge page.</summary>
    public const ulong HugePageSize = 2 << 20;

    /// <summary>Reserves address space that faults on every access.</summary>
    /// <param name="size">Bytes, a multiple of <see cref="PageSize"/>.</param>
    /// <returns>The first address of the range.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static byte* Reserve(ulong size) =>
        Check(mmap(null, (nuint)size, ProtNone, MapPrivate | MapAnonymous | MapNoReserve, -1, 0));

    /// <summary>Allocates zeroed private memory, committed on first touch.</summary>
    /// <param name="size">Bytes, a multiple of <see cref="PageSize"/>.</param>
    /// <returns>The first address.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static byte* Allocate(ulong size) =>
        Check(mmap(null, (nuint)size, ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapNoReserve, -1, 0));

    /// <summary>Puts zeroed private memory, committed on first touch and in huge pages if the host has them, into a reserved range.</summary>
    /// <param name="at">Where, inside a range that <see cref="Reserve"/> returned.</param>
    /// <param name="size">Bytes, a multiple of <see cref="PageSize"/>.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static void AllocateAt(byte* at, ulong size)
    {
        Check(mmap(at, (nuint)size, ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapNoReserve | MapFixed, -1, 0));

        // A kernel without huge pages refuses, and does without them.
        _ = madvise(at, (nuint)size, AdviseHugePage);
    }

    /// <summary>Maps a file anywhere, for writing or for execution, never both: the two views of a code area.</summary>
    /// <param name="size">Bytes, a multiple of <see cref="PageSize"/>.</param>
    /// <param name="fileDescriptor">The file, as from <see cref="CreateMemoryFile"/>.</param>
    /// <param name="executable">True for the view that runs, false for the one that is written.</param>
    /// <returns>The first address.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static byte* MapCode(ulong size, int fileDescriptor, bool executable) =>
        Check(mmap(null, (nuint)size, executable ? ProtRead | ProtExecute : ProtRead | ProtWrite, MapShared, fileDescriptor, 0));

    /// <summary>Returns a range to the kernel.</summary>
    /// <param name="address">Its first address.</param>
    /// <param name="size">Its bytes.</param>
    public static void Release(byte* address, ulong size) => _ = munmap(address, (nuint)size);

    /// <summary>Creates an anonymous memory file.</summary>
    /// <param name="name">A name for /proc/PID/maps.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>Its descriptor, closed on exec.</returns>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public static int CreateMemoryFile(string name, ulong size)
    {
        int fd = memfd_create(name, MfdCloexec);
        if (fd < 0 || ftruncate(fd, (long)size) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Cannot create {size} bytes of memory for '{name}'");
        }

        return fd;
    }

    /// <summary>Closes a file descriptor.</summary>
    /// <param name="fileDescriptor">The descriptor.</param>
    public static void CloseFile(int fileDescriptor) => _ = close(fileDescriptor);

    private static byte* Check(void* result)
    {
        if (result == (void*)-1)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        return (byte*)result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint size, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, long length);
}
