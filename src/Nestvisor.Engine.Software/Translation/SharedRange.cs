using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// A range of linear addresses that several accesses of a block lie in, by the value that their registers have at the first of
/// them. That one checks all of the range, and the others need no check.
/// </summary>
internal struct SharedRange
{
    /// <summary>Step of the first access.</summary>
    public int First;

    /// <summary>Step of the last one.</summary>
    public int Last;

    /// <summary>How many there are.</summary>
    public int Count;

    /// <summary>Lowest byte, from what the registers give at the first access without its displacement.</summary>
    public int Low;

    /// <summary>Byte above the highest one.</summary>
    public int High;

    /// <summary>Some are writes: the range is looked up as one that is written.</summary>
    public bool Writes;

    /// <summary>Where in the frame the host's address of <see cref="Low"/> is kept.</summary>
    public int Place;

    /// <summary>Bytes.</summary>
    public readonly int Size => High - Low;
}

/// <summary>An access that may share a range: <c>[Base + Index * Scale + Displacement]</c>.</summary>
internal struct SharableAccess
{
    public Register Base;
    public Register Index;
    public int Scale;
    public int Displacement;
    public int Size;
    public bool Writes;
}
