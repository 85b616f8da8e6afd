namespace Nestvisor.Engine.Software.Translation;

/// <summary>Why translated code was left: four bytes behind the call of the exit routine.</summary>
/// <param name="Value">Bits 1:0 the kind, 8:2 the operation, 9 <see cref="Split"/>, 31:10 the block.</param>
internal readonly record struct ExitSite(uint Value)
{
    /// <summary>An operation is to be interpreted.</summary>
    public const uint Operation = 0;

    /// <summary>The branch at the end was taken, and leads to no translation yet.</summary>
    public const uint Taken = 1;

    /// <summary>The end was reached, and what follows has no translation yet.</summary>
    public const uint Next = 2;

    /// <summary>The code was changed.</summary>
    public const uint Stale = 3;

    /// <summary>Added to the operation: a range that accesses share lies on two pages.</summary>
    public const int Split = 0x80;

    /// <summary>The most blocks that can be told apart.</summary>
    public const int MaximumBlocks = 1 << 22;

    public static ExitSite Create(uint kind, int operation, int block) => new(kind | ((uint)operation << 2) | ((uint)block << 10));

    public uint Kind => Value & 3;

    public int Index => (int)(Value >> 2) & 0x7F;

    public bool IsSplit => (Value >> 2 & Split) != 0;

    public int Block => (int)(Value >> 10);
}
