using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

internal static unsafe class BitIndex
{
    /// <summary>Puts the addressed bit into CF and returns its mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Test<T>(VpState* s, T a, T b)
        where T : unmanaged
    {
        int index = (int)IntegerBits.Zero(b) & ((sizeof(T) * 8) - 1);
        IntegerFlags.SetCarry(s, (IntegerBits.Zero(a) >> index) & 1);
        return 1UL << index;
    }
}

internal readonly unsafe struct BtOperation : IIntegerOperation
{
    public static bool Writes => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        BitIndex.Test(s, a, b);
        return a;
    }
}

internal readonly unsafe struct BtsOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        a | IntegerBits.Low<T>(BitIndex.Test(s, a, b));
}

internal readonly unsafe struct BtrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        a & ~IntegerBits.Low<T>(BitIndex.Test(s, a, b));
}

internal readonly unsafe struct BtcOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T> =>
        a ^ IntegerBits.Low<T>(BitIndex.Test(s, a, b));
}
