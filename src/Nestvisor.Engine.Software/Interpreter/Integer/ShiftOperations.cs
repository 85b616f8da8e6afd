using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Counts of shifts and rotates are taken modulo 32, or 64 with a 64-bit operand (AMD APM vol. 3, "SHL").</summary>
internal static unsafe class ShiftCount
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of<T>(T count)
        where T : unmanaged =>
        (int)IntegerBits.Zero(count) & (sizeof(T) == 8 ? 63 : 31);
}

internal readonly unsafe struct ShlOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int count = ShiftCount.Of(b);
        if (count == 0)
        {
            return a;
        }

        int width = sizeof(T) * 8;
        ulong wide = IntegerBits.Zero(a);
        ulong carry = sizeof(T) == 8 ? wide >> (64 - count) : (wide << count) >> width;
        T result = IntegerBits.Low<T>(wide << count);
        ulong sign = IntegerBits.Zero(result) >> (width - 1);
        IntegerFlags.SetShift(s, result, carry & 1, (carry ^ sign) & 1);
        return result;
    }
}

internal readonly unsafe struct ShrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int count = ShiftCount.Of(b);
        if (count == 0)
        {
            return a;
        }

        ulong wide = IntegerBits.Zero(a);
        ulong carry = (wide >> (count - 1)) & 1;
        ulong shifted = wide >> count;
        T result = IntegerBits.Low<T>(shifted);

        // The top two bits of the result differ exactly if the sign changed by the last single shift.
        ulong overflow = ((shifted << 1) ^ shifted) >> ((sizeof(T) * 8) - 1);
        IntegerFlags.SetShift(s, result, carry, overflow & 1);
        return result;
    }
}

internal readonly unsafe struct SarOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int count = ShiftCount.Of(b);
        if (count == 0)
        {
            return a;
        }

        long wide = IntegerBits.Sign(a);
        T result = IntegerBits.Low<T>((ulong)(wide >> count));
        IntegerFlags.SetShift(s, result, (ulong)(wide >> (count - 1)) & 1, 0);
        return result;
    }
}
