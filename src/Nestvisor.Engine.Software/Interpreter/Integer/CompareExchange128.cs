using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>
/// An atomic 16-byte compare-exchange. .NET has none that is public, so this is one routine of machine code around
/// LOCK CMPXCHG16B.
/// </summary>
internal static unsafe partial class CompareExchange128
{
    private const int ProtRead = 1;
    private const int ProtWrite = 2;
    private const int ProtExecute = 4;
    private const int MapPrivateAnonymous = 0x22;
    private const nuint PageSize = 4096;

    private static readonly delegate* unmanaged<ulong*, ulong*, ulong, ulong, int> s_routine = Emit();

    /// <summary>Exchanges 16 aligned bytes if they have the expected value; returns the value seen in its place.</summary>
    public static bool Run(ulong* target, ref ulong low, ref ulong high, ulong newLow, ulong newHigh)
    {
        ulong* expected = stackalloc ulong[2];
        expected[0] = low;
        expected[1] = high;
        int equal = s_routine(target, expected, newLow, newHigh);
        low = expected[0];
        high = expected[1];
        return equal != 0;
    }

    private static delegate* unmanaged<ulong*, ulong*, ulong, ulong, int> Emit()
    {
        // push rbx; mov r8, rsi; mov rbx, rdx; mov rax, [r8]; mov rdx, [r8+8]; lock cmpxchg16b [rdi];
        // mov [r8], rax; mov [r8+8], rdx; sete al; movzx eax, al; pop rbx; ret
        ReadOnlySpan<byte> code =
        [
            0x53, 0x49, 0x89, 0xF0, 0x48, 0x89, 0xD3, 0x49, 0x8B, 0x00, 0x49, 0x8B, 0x50, 0x08, 0xF0, 0x48, 0x0F, 0xC7, 0x0F,
            0x49, 0x89, 0x00, 0x49, 0x89, 0x50, 0x08, 0x0F, 0x94, 0xC0, 0x0F, 0xB6, 0xC0, 0x5B, 0xC3,
        ];

        // SAFETY: the page is fresh and ours; it is never writable and executable at once, and never freed.
        void* page = mmap(null, PageSize, ProtRead | ProtWrite, MapPrivateAnonymous, -1, 0);
        if (page == (void*)-1)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "Cannot map a page for the routine of CMPXCHG16B");
        }

        code.CopyTo(new Span<byte>(page, code.Length));
        if (mprotect(page, PageSize, ProtRead | ProtExecute) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "Cannot make the routine of CMPXCHG16B executable");
        }

        return (delegate* unmanaged<ulong*, ulong*, ulong, ulong, int>)page;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mprotect(void* address, nuint length, int protection);
}
