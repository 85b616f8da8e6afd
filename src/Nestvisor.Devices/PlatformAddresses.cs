namespace Nestvisor.Devices;

/// <summary>The fixed addresses of the virtual PC. The ACPI tables tell the guest the same.</summary>
public static class PlatformAddresses
{
    /// <summary>First 32-bit window for PCI base addresses.</summary>
    public const uint PciWindowStart = 0xC000_0000;

    /// <summary>Bytes of the first window.</summary>
    public const uint PciWindowSize = 0x2000_0000;

    /// <summary>PCI Express configuration space (ECAM) of bus 0, if the host bridge offers it.</summary>
    public const uint Ecam = 0xE000_0000;

    /// <summary>Bytes of configuration space: one bus.</summary>
    public const uint EcamSize = 0x10_0000;

    /// <summary>Registers of the IOAPIC.</summary>
    public const uint IoApic = 0xFEC0_0000;

    /// <summary>Registers of the remapping unit, in machines with test devices.</summary>
    public const uint RemappingUnit = 0xFED9_0000;

    /// <summary>Registers of each processor's local APIC.</summary>
    public const uint LocalApic = 0xFEE0_0000;

    /// <summary>PCI configuration mechanism 1: address at this port, data four ports on.</summary>
    public const ushort PciConfigurationAddress = 0xCF8;
}
