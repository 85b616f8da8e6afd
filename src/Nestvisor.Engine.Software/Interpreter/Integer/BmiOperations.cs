using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

internal readonly unsafe struct BextrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong control = IntegerBits.Zero(b);
        int start = (int)control & 0xFF;
        int length = (int)(control >> 8) & 0xFF;
        ulong bits = start < 64 ? IntegerBits.Zero(a) >> start : 0;
        bits &= length < 64 ? (1UL << length) - 1 : ulong.MaxValue;
        T result = IntegerBits.Low<T>(bits);

        // The undefined AF is set and SF clear on Zen; bit 16 of the carries flips SF.
        s->FlagsResult = (ulong)IntegerBits.Sign(result);
        s->FlagsAux = 8 | ((s->FlagsResult >> 63) << 16);
        return result;
    }
}

internal readonly unsafe struct BlsiOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = b & (T.Zero - b);
        IntegerFlags.Set(s, result, b == T.Zero ? 0UL : 1UL, 0);
        return result;
    }
}

internal readonly unsafe struct BlsrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = b & (b - T.One);
        IntegerFlags.Set(s, result, b == T.Zero ? 1UL : 0UL, 0);
        return result;
    }
}

internal readonly unsafe struct BlsmskOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = b ^ (b - T.One);
        IntegerFlags.Set(s, result, b == T.Zero ? 1UL : 0UL, 0);
        return result;
    }
}

internal readonly unsafe struct BzhiOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int index = (int)IntegerBits.Zero(b) & 0xFF;
        bool beyond = index >= sizeof(T) * 8;
        T result = beyond ? a : IntegerBits.Low<T>(IntegerBits.Zero(a) & ((1UL << index) - 1));
        IntegerFlags.Set(s, result, beyond ? 1UL : 0UL, 0);
        return result;
    }
}

internal readonly unsafe struct PdepOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong source = IntegerBits.Zero(a);
        ulong mask = IntegerBits.Zero(b);
        return IntegerBits.Low<T>(Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitDeposit(source, mask) : Deposit(source, mask));
    }

    private static ulong Deposit(ulong source, ulong mask)
    {
        ulong result = 0;
        for (; mask != 0; mask &= mask - 1, source >>= 1)
        {
            result |= (source & 1) != 0 ? mask & (0 - mask) : 0;
        }

        return result;
    }
}

internal readonly unsafe struct PextOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong source = IntegerBits.Zero(a);
        ulong mask = IntegerBits.Zero(b);
        return IntegerBits.Low<T>(Bmi2.X64.IsSupported ? Bmi2.X64.ParallelBitExtract(source, mask) : Extract(source, mask));
    }

    private static ulong Extract(ulong source, ulong mask)
    {
        ulong result = 0;
        for (int i = 0; mask != 0; mask &= mask - 1, i++)
        {
            result |= ((source >> BitOperations.TrailingZeroCount(mask)) & 1) << i;
        }

        return result;
    }
}

internal readonly unsafe struct ShlxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        IntegerBits.Low<T>(IntegerBits.Zero(a) << ShiftCount.Of(b));
}

internal readonly unsafe struct ShrxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        IntegerBits.Low<T>(IntegerBits.Zero(a) >> ShiftCount.Of(b));
}

internal readonly unsafe struct SarxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        IntegerBits.Low<T>((ulong)(IntegerBits.Sign(a) >> ShiftCount.Of(b)));
}

internal readonly unsafe struct RorxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        RotateBits.Left(a, (sizeof(T) * 8) - ShiftCount.Of(b));
}

/// <summary>ADCX: an addition with CF that touches no other flag.</summary>
internal readonly unsafe struct AdcxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        UInt128 sum = (UInt128)IntegerBits.Zero(a) + IntegerBits.Zero(b) + IntegerFlags.Carry(s);
        IntegerFlags.SetCarry(s, (ulong)(sum >> (sizeof(T) * 8)) & 1);
        return IntegerBits.Low<T>((ulong)sum);
    }
}

/// <summary>ADOX: an addition with OF that touches no other flag.</summary>
internal readonly unsafe struct AdoxOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        UInt128 sum = (UInt128)IntegerBits.Zero(a) + IntegerBits.Zero(b) + (LazyFlags.Of(s) ? 1UL : 0);
        LazyFlags.SetCfOf(s, LazyFlags.Cf(s), ((ulong)(sum >> (sizeof(T) * 8)) & 1) != 0);
        return IntegerBits.Low<T>((ulong)sum);
    }
}
