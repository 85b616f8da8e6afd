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

    /// <summary>Replaces ZF and CF, keeps the rest.</summary>
    public static void SetZeroAndCarry(VpState* s, bool zf, bool cf)
    {
        ulong flags = LazyFlags.Read(s) & ~(X64.Rflags.ZF | X64.Rflags.CF);
        LazyFlags.WriteArithmetic(s, flags | (zf ? X64.Rflags.ZF : 0) | (cf ? X64.Rflags.CF : 0));
    }
}
