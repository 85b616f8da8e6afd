namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Prefixes and properties of a decoded instruction.</summary>
[Flags]
internal enum OpFlags : byte
{
    None = 0,

    /// <summary>LOCK prefix (or XCHG with memory).</summary>
    Lock = 1,

    /// <summary>REP or REPE prefix.</summary>
    Rep = 2,

    /// <summary>REPNE prefix.</summary>
    Repne = 4,

    /// <summary>The r/m operand is memory.</summary>
    Memory = 8,

    /// <summary>The block ends here although the instruction is no branch: it may change the mode or the page tables.</summary>
    EndsBlock = 16,

    /// <summary>A check that asks for nothing but the bit of the control block whose number <see cref="Op.Register3"/> is.</summary>
    PlainCheck = 32,

    /// <summary>A conditional branch in the middle of a block: if it is not taken the next operation follows.</summary>
    GoesOn = 64,
}
