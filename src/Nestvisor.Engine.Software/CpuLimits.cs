namespace Nestvisor.Engine.Software;

/// <summary>Sizes of the processor that the software engine implements.</summary>
internal static class CpuLimits
{
    /// <summary>MAXPHYADDR (CPUID 8000_0008h EAX bits 7:0).</summary>
    public const int PhysicalAddressBits = 48;

    /// <summary>Bits of a linear address with 4-level paging.</summary>
    public const int LinearAddressBits = 48;

    /// <summary>Frequency of the time-stamp counter and of the APIC timer in Hz: one tick is one nanosecond of the VM clock.</summary>
    public const ulong TickFrequency = 1_000_000_000;

    /// <summary>Number of ASIDs (CPUID 8000_000Ah EBX).</summary>
    public const uint AsidCount = 0x8000;

    /// <summary>Whether a linear address is canonical.</summary>
    public static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;
}
