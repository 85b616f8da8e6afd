using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Paravirtual;

/// <summary>
/// The hypervisor's CPUID leaves: KVM's interface (Linux Documentation/virt/kvm/x86/cpuid.rst), reduced to the clock, since
/// guests know it and take the frequency of the TSC from it instead of calibrating.
/// </summary>
internal static class KvmLeaves
{
    /// <summary>First leaf: signature and last leaf.</summary>
    public const uint First = 0x4000_0000;

    /// <summary>Feature bits.</summary>
    public const uint Features = 0x4000_0001;

    /// <summary>Frequencies in kHz.</summary>
    public const uint Frequencies = 0x4000_0010;

    /// <summary>Frequency of the TSC and of the APIC's bus: both count nanoseconds of the VM's clock.</summary>
    public const uint FrequencyInKHz = 1_000_000;

    private const uint NoIoDelay = 1 << 1;
    private const uint ClockSource2 = 1 << 3;
    private const uint ClockSourceStable = 1 << 24;

    /// <summary>Reads a leaf.</summary>
    /// <param name="leaf">EAX, 40000000h or above.</param>
    /// <returns>Its value; zeros if there is none.</returns>
    public static CpuidResult Read(uint leaf) => leaf switch
    {
        // "KVMKVMKVM\0\0\0" in EBX, ECX, EDX.
        First => new(Frequencies, 0x4B4D_564B, 0x564B_4D56, 0x0000_004D),
        Features => new(NoIoDelay | ClockSource2 | ClockSourceStable, 0, 0, 0),
        Frequencies => new(FrequencyInKHz, FrequencyInKHz, 0, 0),
        _ => default,
    };
}
