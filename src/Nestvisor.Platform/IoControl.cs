using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>ioctl(2), and the shared mappings that devices offer with it.</summary>
public static unsafe partial class IoControl
{
    /// <summary>Controls a device with a number as argument.</summary>
    /// <param name="fileDescriptor">The device.</param>
    /// <param name="request">Number of the request.</param>
    /// <param name="argument">The argument.</param>
    /// <returns>The result, or the negative errno.</returns>
    public static int Call(int fileDescriptor, uint request, nuint argument = 0)
    {
        int result = ioctl(fileDescriptor, request, argument);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>Controls a device with a structure as argument.</summary>
    /// <typeparam name="T">The structure, laid out as the kernel's.</typeparam>
    /// <param name="fileDescriptor">The device.</param>
    /// <param name="request">Number of the request.</param>
    /// <param name="argument">The structure, which the kernel may change.</param>
    /// <returns>The result, or the negative errno.</returns>
    public static int Call<T>(int fileDescriptor, uint request, ref T argument)
        where T : unmanaged
    {
        // SAFETY: the structure is pinned for the call; the caller vouches that its layout is the request's.
        fixed (T* pointer = &argument)
        {
            return Call(fileDescriptor, request, (nuint)pointer);
        }
    }

    /// <summary>Controls a device with a buffer of variable length as argument.</summary>
    /// <param name="fileDescriptor">The device.</param>
    /// <param name="request">Number of the request.</param>
    /// <param name="argument">The buffer, which the kernel may change.</param>
    /// <returns>The result, or the negative errno.</returns>
    public static int Call(int fileDescriptor, uint request, Span<byte> argument)
    {
        // SAFETY: the buffer is pinned for the call; its header tells the kernel how long it is.
        fixed (byte* pointer = argument)
        {
            return Call(fileDescriptor, request, (nuint)pointer);
        }
    }

    /// <summary>Maps memory that a device shares.</summary>
    /// <param name="fileDescriptor">The device.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>The first address; <see cref="HostMemory.Release"/> unmaps it.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static byte* Map(int fileDescriptor, int size)
    {
        void* result = mmap(null, (nuint)size, 3, 1, fileDescriptor, 0);
        return result == (void*)-1 ? throw LinuxError.Last($"Cannot map {size} bytes of a device") : (byte*)result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, nuint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);
}
