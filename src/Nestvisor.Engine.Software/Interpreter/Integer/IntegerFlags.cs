using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Flag settings that more than one family needs, without branches.</summary>
internal static unsafe class IntegerFlags
{
    private const ulong CfAndOf = 3UL << 62;

    /// <summary>CF as 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Carry(VpState* s) => s->FlagsAux >> 63;

    /// <summary>Result flags from a value, CF and OF from bit 0 of the arguments, AF clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<T>(VpState* s, T result, ulong cf, ulong of)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = (ulong)IntegerBits.Sign(result);
        s->FlagsAux = (cf << 63) | (((cf ^ of) & 1) << 62);
    }

    /// <summary>As <see cref="Set"/> for shifts: the undefined AF is set, as on Zen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetShift<T>(VpState* s, T result, ulong cf, ulong of)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = (ulong)IntegerBits.Sign(result);
        s->FlagsAux = (cf << 63) | (((cf ^ of) & 1) << 62) | 8;
    }

    /// <summary>Replaces CF and OF by bit 0 of the arguments, keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarryAndOverflow(VpState* s, ulong cf, ulong of) =>
        s->FlagsAux = (s->FlagsAux & ~CfAndOf) | (cf << 63) | (((cf ^ of) & 1) << 62);

    /// <summary>Replaces CF by bit 0 of the argument, keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarry(VpState* s, ulong cf)
    {
        // OF is the xor of bits 63 and 62, so both flip together.
        ulong change = (s->FlagsAux >> 63) ^ (cf & 1);
        s->FlagsAux ^= (ulong)-(long)change & CfAndOf;
    }

    /// <summary>Replaces ZF, keeps the rest: for instructions that define ZF alone.</summary>
    public static void SetZero(VpState* s, bool zf)
    {
        ulong flags = LazyFlags.Read(s) & ~X64.Rflags.ZF;
        LazyFlags.WriteArithmetic(s, flags | (zf ? X64.Rflags.ZF : 0));
    }

    /// <summary>Flags of TZCNT and LZCNT: OF stays, and the undefined SF, AF and PF are clear, as on Zen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCount(VpState* s, bool zf, bool cf)
    {
        // A result of 0 has even parity; bit 8 of the carries corrects that.
        ulong overflow = (s->FlagsAux ^ (s->FlagsAux << 1)) >> 63;
        ulong carry = cf ? 1UL : 0;
        s->FlagsResult = zf ? 0UL : 1UL;
        s->FlagsAux = (carry << 63) | ((carry ^ overflow) << 62) | (zf ? 0x100UL : 0);
    }

    /// <summary>Flags of BSF and BSR: PF is the index's, the other undefined flags are clear, as on Zen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetScan(VpState* s, bool zf, ulong index)
    {
        // Bit 8 is above the byte of which the parity is taken, and keeps the result from being zero.
        s->FlagsResult = zf ? 0UL : index | 0x100;
        s->FlagsAux = 0;
    }
}
