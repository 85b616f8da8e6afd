namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>A memory operand that is open for reading and writing.</summary>
internal unsafe struct ModifyTarget
{
    /// <summary>The operand: guest RAM itself, or a copy that <c>EndModify</c> writes back.</summary>
    public byte* Pointer;

    /// <summary>Whether <see cref="Pointer"/> is guest RAM itself: an interlocked operation on it is atomic for the guest.</summary>
    public bool Direct;

    /// <summary>Linear address.</summary>
    public ulong Linear;

    /// <summary>Bytes of the operand.</summary>
    public int Size;
}
