using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Software.State;

/// <summary>
/// General registers by byte offset from the start of <see cref="VpState"/>: number * 8, plus 1 for AH, CH, DH and BH.
/// </summary>
internal static unsafe class Registers
{
    public const int Rax = 0;
    public const int Rcx = 8;
    public const int Rdx = 16;
    public const int Rbx = 24;
    public const int Rsp = 32;
    public const int Rbp = 40;
    public const int Rsi = 48;
    public const int Rdi = 56;
    public const int R11 = 88;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get<T>(VpState* s, int offset)
        where T : unmanaged =>
        *(T*)((byte*)s + offset);

    /// <summary>Writes a register; a 32-bit write clears the upper half, narrower ones keep the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<T>(VpState* s, int offset, T value)
        where T : unmanaged
    {
        if (sizeof(T) == 4)
        {
            *(ulong*)((byte*)s + offset) = *(uint*)&value;
        }
        else
        {
            *(T*)((byte*)s + offset) = value;
        }
    }
}
