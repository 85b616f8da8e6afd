using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>
/// How handlers reach guest memory. A generic struct parameter, so that it costs nothing: flat (64-bit mode, or legacy code
/// with flat segments), segmented (limits and types checked), and in tests logged or bare host memory.
/// Every method returns a <see cref="Status"/>: <see cref="Status.Next"/>, or <see cref="Status.Exception"/> with nothing changed.
/// </summary>
internal unsafe interface IMemoryAccess
{
    /// <summary>Reads the operation's memory operand.</summary>
    static abstract int Read<T>(VpState* s, Op* o, out T value)
        where T : unmanaged;

    /// <summary>Writes the operation's memory operand.</summary>
    static abstract int Write<T>(VpState* s, Op* o, T value)
        where T : unmanaged;

    /// <summary>Opens the operation's memory operand for reading and writing; <see cref="EndModify"/> is due.</summary>
    static abstract int BeginModify<T>(VpState* s, Op* o, out ModifyTarget target)
        where T : unmanaged;

    /// <summary>Stores what was changed through the target. Cannot fail: every page was resolved at the beginning.</summary>
    static abstract void EndModify(VpState* s, ref ModifyTarget target);

    /// <summary>Reads at an offset in a segment.</summary>
    static abstract int ReadAt<T>(VpState* s, int segment, ulong offset, out T value)
        where T : unmanaged;

    /// <summary>Writes at an offset in a segment.</summary>
    static abstract int WriteAt<T>(VpState* s, int segment, ulong offset, T value)
        where T : unmanaged;

    /// <summary>Reads bytes (at most 1,024) at an offset in a segment.</summary>
    static abstract int ReadBytes(VpState* s, int segment, ulong offset, byte* target, int length);

    /// <summary>Writes bytes (at most 1,024) at an offset in a segment: all of them, or none.</summary>
    static abstract int WriteBytes(VpState* s, int segment, ulong offset, byte* source, int length);

    /// <summary>Checks that a range (at most 4,096 bytes) can be written, so that the writes after it cannot fault.</summary>
    static abstract int ProbeWrite(VpState* s, int segment, ulong offset, int length);

    /// <summary>
    /// Finds a run of RAM for a string instruction: the host address of the element, and how many bytes from it on lie in the
    /// same page and pass all checks. Zero bytes if the fast way is closed (MMIO, watched page): go element by element.
    /// </summary>
    static abstract int FindRun(VpState* s, int segment, ulong offset, bool write, out byte* host, out int bytes);
}
