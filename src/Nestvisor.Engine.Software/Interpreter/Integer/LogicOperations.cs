using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

internal readonly unsafe struct AndOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a & b;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

internal readonly unsafe struct OrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a | b;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

internal readonly unsafe struct XorOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = a ^ b;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}

internal readonly unsafe struct TestOperation : IIntegerOperation
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        AndOperation.Apply(s, a, b);
}

internal readonly unsafe struct NotOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        ~a;
}

internal readonly unsafe struct AndnOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = ~a & b;
        LazyFlags.SetLogic(s, result);
        return result;
    }
}
