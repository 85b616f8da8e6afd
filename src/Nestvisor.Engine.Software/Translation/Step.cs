using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>One operation of a block while it is translated.</summary>
internal struct Step
{
    /// <summary>The instruction; IP is its offset in the guest's page.</summary>
    public Instruction Instruction;

    /// <summary>How it is re-emitted.</summary>
    public Recipe Recipe;

    /// <summary>Needs the arithmetic flags, be it to leave some of them as they are.</summary>
    public bool NeedsFlags;

    /// <summary>Sets all six arithmetic flags.</summary>
    public bool SetsAllFlags;

    /// <summary>Sets some of them.</summary>
    public bool SetsFlags;

    /// <summary>The memory operand is written.</summary>
    public bool WritesMemory;

    /// <summary>The memory operand is to be aligned to its size.</summary>
    public bool Aligned;

    /// <summary>An operand is AH, CH, DH or BH.</summary>
    public bool HighByte;

    /// <summary>Opcode of an x87 instruction that sets the pointers; -1 if it does not.</summary>
    public int X87Opcode;

    /// <summary>Number of the intercept that an <see cref="Recipe.InterceptCheck"/> looks at.</summary>
    public int Intercept;

    /// <summary>Guest registers that are written, a bit each.</summary>
    public ushort Written;

    /// <summary>One more than the number of the <see cref="SharedRange"/> that the access lies in; 0 if it has a check of its own.</summary>
    public int Shared;

    /// <summary>Where the access begins, counted as the range's <see cref="SharedRange.Low"/>.</summary>
    public int SharedStart;

    /// <summary>Lies behind the first access of a range and not behind its last: cannot be entered.</summary>
    public bool InsideShared;
}
