using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

internal readonly unsafe struct RolOperation : IIntegerOperation
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

        T result = RotateBits.Left(a, count);
        ulong bits = IntegerBits.Zero(result);
        IntegerFlags.SetCarryAndOverflow(s, bits & 1, (bits ^ (bits >> ((sizeof(T) * 8) - 1))) & 1);
        return result;
    }
}

internal readonly unsafe struct RorOperation : IIntegerOperation
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
        T result = RotateBits.Left(a, width - (count & (width - 1)));
        ulong bits = IntegerBits.Zero(result);
        IntegerFlags.SetCarryAndOverflow(s, bits >> (width - 1), ((bits >> (width - 1)) ^ (bits >> (width - 2))) & 1);
        return result;
    }
}

internal readonly unsafe struct RclOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int width = sizeof(T) * 8;
        int count = ShiftCount.Of(b);
        bool counted = count != 0;
        count %= width + 1;
        if (!counted)
        {
            return a;
        }

        ulong value = IntegerBits.Zero(a);
        ulong carry = IntegerFlags.Carry(s);
        T result = a;
        if (count != 0)
        {
            ulong high = count == width && width == 64 ? 0 : value << count;
            ulong low = count == 1 ? 0 : value >> (width + 1 - count);
            result = IntegerBits.Low<T>(high | (carry << (count - 1)) | low);
            carry = (value >> (width - count)) & 1;
        }

        IntegerFlags.SetCarryAndOverflow(s, carry, (carry ^ (IntegerBits.Zero(result) >> (width - 1))) & 1);
        return result;
    }
}

internal readonly unsafe struct RcrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        int width = sizeof(T) * 8;
        int count = ShiftCount.Of(b);
        if (count == 0)
        {
            return a;
        }

        count %= width + 1;
        ulong value = IntegerBits.Zero(a);
        ulong carry = IntegerFlags.Carry(s);
        T result = a;
        if (count != 0)
        {
            ulong low = value >> count;
            ulong high = count == 1 ? 0 : value << (width + 1 - count);
            result = IntegerBits.Low<T>(low | (carry << (width - count)) | high);
            carry = (value >> (count - 1)) & 1;
        }

        ulong bits = IntegerBits.Zero(result);
        IntegerFlags.SetCarryAndOverflow(s, carry, ((bits >> (width - 1)) ^ (bits >> (width - 2))) & 1);
        return result;
    }
}

internal static unsafe class RotateBits
{
    /// <summary>Rotates left by any count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Left<T>(T value, int count)
        where T : unmanaged
    {
        ulong bits = IntegerBits.Zero(value);
        if (sizeof(T) == 8)
        {
            return IntegerBits.Low<T>(BitOperations.RotateLeft(bits, count));
        }

        if (sizeof(T) == 4)
        {
            return IntegerBits.Low<T>(BitOperations.RotateLeft((uint)bits, count));
        }

        int width = sizeof(T) * 8;
        count &= width - 1;
        return IntegerBits.Low<T>((bits << count) | (bits >> (width - count)));
    }
}
