namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>A memory operand that is open for reading and writing.</summary>
internal unsafe struct ModifyTarget
{
    /// <summary>The operand: guest RAM itself, or a copy that <c>EndModify</c> writes back.</summary>
    public byte* Pointer;

    /// <summary>Whether <see cref="Pointer"/> is guest RAM itself: an interlocked operation on it is atomic for the guest.</summary>
    public bool Direct;

    /// <summary>
    /// Whether <c>EndModify</c> has something to do: to write the copy back, or to say that a page that holds code was written.
    /// </summary>
    public bool NeedsEnd;

    /// <summary>Physical address, if <see cref="Pointer"/> is guest RAM in a page that holds code.</summary>
    public ulong Physical;

    /// <summary>Linear address.</summary>
    public ulong Linear;

    /// <summary>Bytes of the operand.</summary>
    public int Size;
}
