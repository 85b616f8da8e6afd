using System.Numerics;
using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>A zero source leaves the destination alone (AMD APM vol. 3, "BSF").</summary>
internal readonly unsafe struct BsfOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong bits = IntegerBits.Zero(b);
        ulong index = (ulong)BitOperations.TrailingZeroCount(bits);
        IntegerFlags.SetScan(s, bits == 0, index);
        return bits == 0 ? a : IntegerBits.Low<T>(index);
    }
}

internal readonly unsafe struct BsrOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong bits = IntegerBits.Zero(b);
        ulong index = (ulong)BitOperations.Log2(bits);
        IntegerFlags.SetScan(s, bits == 0, index);
        return bits == 0 ? a : IntegerBits.Low<T>(index);
    }
}

internal readonly unsafe struct TzcntOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong bits = IntegerBits.Zero(b);
        T result = IntegerBits.Low<T>(bits == 0 ? (ulong)sizeof(T) * 8 : (ulong)BitOperations.TrailingZeroCount(bits));
        IntegerFlags.SetCount(s, result == T.Zero, bits == 0);
        return result;
    }
}

internal readonly unsafe struct LzcntOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong bits = IntegerBits.Zero(b);
        T result = IntegerBits.Low<T>((ulong)(BitOperations.LeadingZeroCount(bits) - (64 - (sizeof(T) * 8))));
        IntegerFlags.SetCount(s, result == T.Zero, bits == 0);
        return result;
    }
}

internal readonly unsafe struct PopcntOperation : IIntegerOperation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(VpState* s, T a, T b)
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = IntegerBits.Low<T>((ulong)BitOperations.PopCount(IntegerBits.Zero(b)));
        LazyFlags.WriteArithmetic(s, result == T.Zero ? X64.Rflags.ZF : 0);
        return result;
    }
}
