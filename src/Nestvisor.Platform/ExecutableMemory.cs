using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Small pieces of machine code. They must exist before the process locks itself down.</summary>
public static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3;
    private const int ReadExecute = 5;
    private const int PrivateAnonymous = 0x22;

    /// <summary>Puts code into pages of its own, which are executable and never writable at the same time.</summary>
    /// <param name="code">The instructions, position-independent.</param>
    /// <returns>Address of the first instruction. The pages are never freed.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static byte* Create(ReadOnlySpan<byte> code)
    {
        nuint size = ((nuint)code.Length + HostMemory.PageSize - 1) & ~(nuint)(HostMemory.PageSize - 1);
        void* pages = mmap(null, size, ReadWrite, PrivateAnonymous, -1, 0);
        if (pages == (void*)-1)
        {
            throw LinuxError.Last("Cannot allocate memory for code");
        }

        // SAFETY: the mapping is new, private and at least as long as the code.
        code.CopyTo(new Span<byte>(pages, (int)size));
        return mprotect(pages, size, ReadExecute) == 0
            ? (byte*)pages
            : throw LinuxError.Last("Cannot make memory executable");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(void* address, nuint length, int protection);
}
