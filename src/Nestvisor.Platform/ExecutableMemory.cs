using System.Runtime.InteropServices;

namespace Nestvisor.Platform;

/// <summary>Small pieces of machine code. They must exist before the process locks itself down.</summary>
public static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3;
    private const int ReadExecute = 5;
    private const int PrivateAnonymous = 0x22;
    private const int SharedAnonymous = 0x21;
    private const int MayMove = 1;

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

    /// <summary>
    /// Maps new shared memory twice, for writing and for execution. It has no name in /proc/PID/maps: of named memory perf believes
    /// that a file holds the symbols.
    /// </summary>
    /// <param name="size">Bytes, a multiple of the page size.</param>
    /// <param name="write">First address of the view that is written.</param>
    /// <param name="execute">First address of the view that runs.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel refused.</exception>
    public static void CreateViews(ulong size, out byte* write, out byte* execute)
    {
        void* first = mmap(null, (nuint)size, ReadWrite, SharedAnonymous, -1, 0);
        if (first == (void*)-1)
        {
            throw LinuxError.Last("Cannot allocate memory for code");
        }

        // SAFETY: an old size of 0 makes a second mapping of shared memory (mremap(2)); nothing is written before both are there.
        void* second = mremap(first, 0, (nuint)size, MayMove);
        if (second == (void*)-1 || mprotect(second, (nuint)size, ReadExecute) != 0)
        {
            throw LinuxError.Last("Cannot map memory for code a second time");
        }

        write = (byte*)first;
        execute = (byte*)second;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mremap(void* address, nuint oldLength, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(void* address, nuint length, int protection);
}
