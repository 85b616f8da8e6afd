using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>Segments that SYSCALL, SYSRET, SYSENTER and SYSEXIT load without looking at a descriptor (AMD APM vol. 2 §6.1).</summary>
internal static class FastCallSegments
{
    /// <summary>A flat segment.</summary>
    /// <param name="selector">Its selector.</param>
    /// <param name="code">Code, or data that can be written.</param>
    /// <param name="dpl">Its privilege level.</param>
    /// <param name="wide">64-bit code.</param>
    public static SegmentRegister Flat(ushort selector, bool code, int dpl, bool wide) => new()
    {
        Selector = selector,
        Limit = uint.MaxValue,
        Attributes = (ushort)((code ? 0x9B : 0x93) | (dpl << 5) | (code && wide ? 0xA00 : 0xC00)),
    };

    /// <summary>CS after SYSCALL.</summary>
    public static SegmentRegister KernelCs(ulong star, bool wide) => Flat((ushort)((star >> 32) & 0xFFFC), code: true, dpl: 0, wide);

    /// <summary>SS after SYSCALL.</summary>
    public static SegmentRegister KernelSs(ulong star) => Flat((ushort)(((star >> 32) & 0xFFFC) + 8), code: false, dpl: 0, wide: false);

    /// <summary>CS after SYSRET.</summary>
    public static SegmentRegister UserCs(ulong star, bool wide) =>
        Flat((ushort)((((star >> 48) & 0xFFFC) + (wide ? 16u : 0)) | 3), code: true, dpl: 3, wide);

    /// <summary>Selector of SS after SYSRET; AMD leaves its hidden part alone but for the privilege level.</summary>
    public static ushort UserSs(ulong star) => (ushort)((((star >> 48) & 0xFFFC) + 8) | 3);
}
