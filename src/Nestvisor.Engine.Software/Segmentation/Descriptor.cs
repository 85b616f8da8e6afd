using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>A segment or gate descriptor as it lies in a table (AMD APM vol. 2 §4.7 and §4.8).</summary>
/// <param name="Low">The first eight bytes.</param>
/// <param name="High">The second eight bytes of a system descriptor in long mode.</param>
internal readonly record struct Descriptor(ulong Low, ulong High)
{
    public int Type => (int)(Low >> 40) & 0xF;

    public bool CodeOrData => (Low & (1UL << 44)) != 0;

    public int Dpl => (int)(Low >> 45) & 3;

    public bool Present => (Low & (1UL << 47)) != 0;

    public bool IsCode => CodeOrData && (Low & (1UL << 43)) != 0;

    public bool Conforming => (Low & (1UL << 42)) != 0;

    /// <summary>Writable data or readable code.</summary>
    public bool WritableOrReadable => (Low & (1UL << 41)) != 0;

    public bool Accessed => (Low & (1UL << 40)) != 0;

    public bool Long => (Low & (1UL << 53)) != 0;

    public bool Big => (Low & (1UL << 54)) != 0;

    public ushort Attributes => (ushort)(((Low >> 40) & 0xFF) | ((Low >> 44) & 0xF00));

    public uint Base32 => (uint)((Low >> 16) & 0xFF_FFFF) | (uint)((Low >> 32) & 0xFF00_0000);

    /// <summary>Base of a system descriptor in long mode.</summary>
    public ulong Base64 => Base32 | (High << 32);

    public uint Limit
    {
        get
        {
            uint limit = (uint)(Low & 0xFFFF) | (uint)((Low >> 32) & 0xF_0000);
            return (Low & (1UL << 55)) != 0 ? (limit << 12) | 0xFFF : limit;
        }
    }

    /// <summary>Selector in a gate.</summary>
    public ushort GateSelector => (ushort)(Low >> 16);

    /// <summary>Offset in a 16- or 32-bit gate.</summary>
    public uint GateOffset32 => (uint)(Low & 0xFFFF) | (uint)((Low >> 32) & 0xFFFF_0000);

    /// <summary>Offset in a 64-bit gate.</summary>
    public ulong GateOffset64 => GateOffset32 | (High << 32);

    /// <summary>Interrupt stack table index of a 64-bit gate.</summary>
    public int GateIst => (int)(Low >> 32) & 7;

    /// <summary>Parameter count of a call gate.</summary>
    public int GateParameters => (int)(Low >> 32) & 0x1F;

    /// <summary>The hidden part of a segment register loaded from it.</summary>
    public SegmentRegister ToRegister(ushort selector) =>
        new() { Selector = selector, Attributes = Attributes, Limit = Limit, Base = Base32 };
}
