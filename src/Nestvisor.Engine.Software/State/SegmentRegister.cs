using System.Runtime.InteropServices;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.State;

/// <summary>A segment register with its hidden part; the attributes are packed as in the VMCB.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SegmentRegister
{
    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public ushort Attributes;

    public readonly bool Present => (Attributes & 0x80) != 0;

    /// <summary>S: a code or data segment, not a system one.</summary>
    public readonly bool CodeOrData => (Attributes & 0x10) != 0;

    public readonly bool IsCode => (Attributes & 0x18) == 0x18;

    /// <summary>Conforming if code, expand-down if data.</summary>
    public readonly bool ConformingOrExpandDown => (Attributes & 0x4) != 0;

    /// <summary>Writable if data, readable if code.</summary>
    public readonly bool WritableOrReadable => (Attributes & 0x2) != 0;

    public readonly int Type => Attributes & 0xF;

    public readonly int Dpl => (Attributes >> 5) & 3;

    /// <summary>L: 64-bit code.</summary>
    public readonly bool Long => (Attributes & 0x200) != 0;

    /// <summary>D/B: default size 32 bits, or a 32-bit stack.</summary>
    public readonly bool Big => (Attributes & 0x400) != 0;

    public readonly bool Granular => (Attributes & 0x800) != 0;

    public static SegmentRegister From(SegmentState state) =>
        new() { Selector = state.Selector, Attributes = state.Attributes, Limit = state.Limit, Base = state.Base };

    public readonly SegmentState ToState() => new(Selector, Attributes, Limit, Base);
}
