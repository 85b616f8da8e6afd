using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>One of the sixteen conditions of Jcc, SETcc and CMOVcc.</summary>
internal unsafe interface ICondition
{
    static abstract bool Holds(VpState* s);
}

/// <summary>The opposite of a condition.</summary>
internal readonly unsafe struct Not<TCondition> : ICondition
    where TCondition : struct, ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => !TCondition.Holds(s);
}

internal readonly unsafe struct OverflowCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Of(s);
}

internal readonly unsafe struct BelowCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Cf(s);
}

internal readonly unsafe struct EqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Zf(s);
}

internal readonly unsafe struct BelowOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Cf(s) | LazyFlags.Zf(s);
}

internal readonly unsafe struct SignCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Sf(s);
}

internal readonly unsafe struct ParityCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Pf(s);
}

internal readonly unsafe struct LessCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Sf(s) != LazyFlags.Of(s);
}

internal readonly unsafe struct LessOrEqualCondition : ICondition
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Holds(VpState* s) => LazyFlags.Zf(s) | (LazyFlags.Sf(s) != LazyFlags.Of(s));
}
