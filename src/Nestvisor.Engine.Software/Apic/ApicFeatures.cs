namespace Nestvisor.Engine.Software.Apic;

/// <summary>What CPUID tells the guest about its local APIC.</summary>
/// <param name="X2Apic">x2APIC mode exists (CPUID 1 ECX bit 21).</param>
/// <param name="TscDeadline">The timer has TSC-deadline mode (CPUID 1 ECX bit 24).</param>
/// <param name="PhysicalAddressBits">Width of physical addresses, which bounds IA32_APIC_BASE.</param>
internal readonly record struct ApicFeatures(bool X2Apic, bool TscDeadline, int PhysicalAddressBits);
