using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.State;

/// <summary>
/// The six arithmetic flags, kept as the last result and its carry vector, and computed only when read.
/// <c>FlagsResult</c> is the result sign-extended: ZF is "is zero", SF its bit 63, PF the parity of its low byte.
/// <c>FlagsAux</c>: bit 63 CF; bit 62 xor bit 63 OF; bit 3 AF; bits 15:8 are xored into the parity byte; bit 16 flips SF. The
/// last two exist only for flags that were loaded as such (POPF, SAHF).
/// </summary>
internal static unsafe class LazyFlags
{
    private const ulong Arithmetic = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.OF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Cf(VpState* s) => (long)s->FlagsAux < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Of(VpState* s) => (long)(s->FlagsAux ^ (s->FlagsAux << 1)) < 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Zf(VpState* s) => s->FlagsResult == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Sf(VpState* s) => (((s->FlagsResult >> 63) ^ (s->FlagsAux >> 16)) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Af(VpState* s) => (s->FlagsAux & 8) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Pf(VpState* s) => (BitOperations.PopCount((uint)(byte)(s->FlagsResult ^ (s->FlagsAux >> 8))) & 1) == 0;

    /// <summary>Flags after a logical operation: CF and OF clear, AF clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLogic<T>(VpState* s, T result)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = SignExtend(result);
        s->FlagsAux = 0;
    }

    /// <summary>Flags after <c>result = a + b (+ carry)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetAdd<T>(VpState* s, T a, T b, T result)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = SignExtend(result);
        s->FlagsAux = PlaceCarries<T>(ZeroExtend((a & b) | ((a | b) & ~result)));
    }

    /// <summary>Flags after <c>result = a - b (- borrow)</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetSub<T>(VpState* s, T a, T b, T result)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = SignExtend(result);
        s->FlagsAux = PlaceCarries<T>(ZeroExtend((~a & b) | ((~a | b) & result)));
    }

    /// <summary>Sets result flags from a value, and CF, OF and AF as given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetResult<T>(VpState* s, T result, bool cf, bool of, bool af)
        where T : unmanaged, IBinaryInteger<T>
    {
        s->FlagsResult = SignExtend(result);
        s->FlagsAux = Aux(cf, of, af);
    }

    /// <summary>Replaces CF and OF, keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCfOf(VpState* s, bool cf, bool of) =>
        s->FlagsAux = (s->FlagsAux & ~(3UL << 62)) | (Aux(cf, of, false) & (3UL << 62));

    /// <summary>Replaces CF, keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCf(VpState* s, bool cf) => SetCfOf(s, cf, Of(s));

    /// <summary>The whole of RFLAGS.</summary>
    public static ulong Read(VpState* s)
    {
        ulong flags = s->SystemFlags;
        flags |= Cf(s) ? Rflags.CF : 0;
        flags |= Pf(s) ? Rflags.PF : 0;
        flags |= Af(s) ? Rflags.AF : 0;
        flags |= Zf(s) ? Rflags.ZF : 0;
        flags |= Sf(s) ? Rflags.SF : 0;
        flags |= Of(s) ? Rflags.OF : 0;
        return flags;
    }

    /// <summary>Replaces the whole of RFLAGS; the caller has settled which bits may change.</summary>
    public static void Write(VpState* s, ulong flags)
    {
        s->SystemFlags = (flags & ~Arithmetic) | 2;
        WriteArithmetic(s, flags);
    }

    /// <summary>Replaces the six arithmetic flags.</summary>
    public static void WriteArithmetic(VpState* s, ulong flags)
    {
        bool zf = (flags & Rflags.ZF) != 0;
        bool sf = (flags & Rflags.SF) != 0;
        bool pf = (flags & Rflags.PF) != 0;

        // A result of 1 or of 0: parity of its low byte is odd for 1 and even for 0; the corrections do the rest.
        ulong result = zf ? 0UL : 1UL;
        bool evenNow = zf;
        ulong aux = Aux((flags & Rflags.CF) != 0, (flags & Rflags.OF) != 0, (flags & Rflags.AF) != 0);
        aux |= pf != evenNow ? 0x100UL : 0;
        aux |= sf ? 0x10000UL : 0;
        s->FlagsResult = result;
        s->FlagsAux = aux;
    }

    /// <summary>The six flags as translated code keeps them: OF in bit 0, and in bits 15:8 what LAHF gives.</summary>
    public static uint ReadNative(VpState* s) =>
        (Of(s) ? 1u : 0)
        | (((Cf(s) ? 1u : 0) | 2 | (Pf(s) ? 4u : 0) | (Af(s) ? 0x10u : 0) | (Zf(s) ? 0x40u : 0) | (Sf(s) ? 0x80u : 0)) << 8);

    /// <summary>Replaces the six flags by what translated code left.</summary>
    public static void WriteNative(VpState* s, uint flags) => WriteArithmetic(s, ((flags >> 8) & 0xD5) | ((flags & 1) << 11));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Aux(bool cf, bool of, bool af) =>
        (cf ? 1UL << 63 : 0) | (cf != of ? 1UL << 62 : 0) | (af ? 8UL : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PlaceCarries<T>(ulong carries)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => (carries << 56 & (3UL << 62)) | (carries & 8),
            2 => (carries << 48 & (3UL << 62)) | (carries & 8),
            4 => (carries << 32 & (3UL << 62)) | (carries & 8),
            _ => carries & ((3UL << 62) | 8),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SignExtend<T>(T value)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => (ulong)(long)*(sbyte*)&value,
            2 => (ulong)(long)*(short*)&value,
            4 => (ulong)(long)*(int*)&value,
            _ => *(ulong*)&value,
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ZeroExtend<T>(T value)
        where T : unmanaged =>
        sizeof(T) switch
        {
            1 => *(byte*)&value,
            2 => *(ushort*)&value,
            4 => *(uint*)&value,
            _ => *(ulong*)&value,
        };
}
