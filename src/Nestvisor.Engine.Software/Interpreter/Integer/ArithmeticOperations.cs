using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

internal readonly unsafe struct AddOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a + b;
        LazyFlags.SetAdd(s, a, b, result);
        return result;
    }
}

internal readonly unsafe struct AdcOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a + b + IntegerBits.Low<T>(IntegerFlags.Carry(s));
        LazyFlags.SetAdd(s, a, b, result);
        return result;
    }
}

internal readonly unsafe struct SubOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a - b;
        LazyFlags.SetSub(s, a, b, result);
        return result;
    }
}

internal readonly unsafe struct SbbOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a - b - IntegerBits.Low<T>(IntegerFlags.Carry(s));
        LazyFlags.SetSub(s, a, b, result);
        return result;
    }
}

internal readonly unsafe struct CmpOperation : IIntegerOperation
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        SubOperation.Apply(s, a, b);
}

internal readonly unsafe struct IncOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong carry = IntegerFlags.Carry(s);
        T result = a + T.One;
        LazyFlags.SetAdd(s, a, T.One, result);
        IntegerFlags.SetCarry(s, carry);
        return result;
    }
}

internal readonly unsafe struct DecOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong carry = IntegerFlags.Carry(s);
        T result = a - T.One;
        LazyFlags.SetSub(s, a, T.One, result);
        IntegerFlags.SetCarry(s, carry);
        return result;
    }
}

internal readonly unsafe struct NegOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        SubOperation.Apply(s, T.Zero, a);
}
