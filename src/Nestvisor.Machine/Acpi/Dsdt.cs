using Nestvisor.Devices;
using Nestvisor.Devices.Chipset;

namespace Nestvisor.Machine.Acpi;

/// <summary>The differentiated system description table: the devices that cannot be found by looking.</summary>
internal static class Dsdt
{
    private const uint SecondWindowStart = 0xF000_0000;

    public static byte[] Create(bool ecam, bool secondSerial) => AcpiTable.Create("DSDT", 2, Aml.Concat(
        Aml.Name("\\_S5_", Aml.Package(
            Aml.Integer(AcpiPowerManagement.SoftOffSleepType), Aml.Integer(AcpiPowerManagement.SoftOffSleepType),
            Aml.Integer(0), Aml.Integer(0))),
        Aml.Scope("\\_SB_", PciRoot(ecam), SerialPort(1, 0x3F8, 4), secondSerial ? SerialPort(2, 0x2F8, 3) : [], RealTimeClock(), MotherboardResources(ecam))));

    private static byte[] PciRoot(bool ecam) => Aml.Device("PCI0",
        Aml.Name("_HID", Aml.EisaId(ecam ? "PNP0A08" : "PNP0A03")),
        Aml.Name("_CID", Aml.EisaId("PNP0A03")),
        Aml.Name("_UID", Aml.Integer(0)),
        Aml.Name("_BBN", Aml.Integer(0)),
        Aml.Name("_CRS", AcpiResource.Template(
            AcpiResource.BusNumbers(0, 0),
            AcpiResource.Ports(PlatformAddresses.PciConfigurationAddress, 8),
            AcpiResource.PortWindow(0x0000, 0x0CF7),
            AcpiResource.PortWindow(0x0D00, 0xFFFF),
            AcpiResource.MemoryWindow(PlatformAddresses.PciWindowStart, PlatformAddresses.PciWindowStart + PlatformAddresses.PciWindowSize - 1),
            AcpiResource.MemoryWindow(SecondWindowStart, PlatformAddresses.IoApic - 1))),
        Aml.Name("_PRT", InterruptRouting()));

    private static byte[] InterruptRouting()
    {
        const int Devices = 32;
        const int Pins = 4;
        byte[][] entries = new byte[Devices * Pins][];
        for (int device = 0; device < Devices; device++)
        {
            for (int pin = 0; pin < Pins; pin++)
            {
                entries[(device * Pins) + pin] = Aml.Package(
                    Aml.Integer(((ulong)device << 16) | 0xFFFF), Aml.Integer((ulong)pin), Aml.Integer(0),
                    Aml.Integer((ulong)IInterruptRouter.GetPciGsi(device, pin + 1)));
            }
        }

        return Aml.Package(entries);
    }

    private static byte[] SerialPort(ulong number, ushort port, int interrupt) => Aml.Device($"COM{number}",
        Aml.Name("_HID", Aml.EisaId("PNP0501")),
        Aml.Name("_UID", Aml.Integer(number)),
        Aml.Name("_STA", Aml.Integer(0x0F)),
        Aml.Name("_CRS", AcpiResource.Template(AcpiResource.Ports(port, 8), AcpiResource.Irq(interrupt))));

    private static byte[] RealTimeClock() => Aml.Device("RTC0",
        Aml.Name("_HID", Aml.EisaId("PNP0B00")),
        Aml.Name("_CRS", AcpiResource.Template(AcpiResource.Ports(0x70, 2), AcpiResource.Irq(8))));

    // Ports and addresses that no other device names, so that no driver claims them.
    private static byte[] MotherboardResources(bool ecam) => Aml.Device("MBRD",
        Aml.Name("_HID", Aml.EisaId("PNP0C02")),
        Aml.Name("_CRS", ecam
            ? AcpiResource.Template(
                AcpiResource.Ports(AcpiPowerManagement.EventBlock, 12),
                AcpiResource.FixedMemory(PlatformAddresses.Ecam, PlatformAddresses.EcamSize))
            : AcpiResource.Template(AcpiResource.Ports(AcpiPowerManagement.EventBlock, 12))));
}
