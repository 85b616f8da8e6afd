namespace Nestvisor.Engine.Software.Apic;

/// <summary>What IA32_APIC_BASE makes of the local APIC (Intel SDM vol. 3 §11.12.1).</summary>
internal enum ApicMode
{
    /// <summary>EN = 0: the processor behaves as if it had no APIC.</summary>
    Disabled,

    /// <summary>EN = 1, EXTD = 0: registers in memory.</summary>
    XApic,

    /// <summary>EN = 1, EXTD = 1: registers in MSRs.</summary>
    X2Apic,
}
