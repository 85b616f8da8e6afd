namespace Nestvisor.Devices.Pci;

/// <summary>Offsets and bits of a type 0 configuration header (PCI Local Bus 3.0 §6.1, §6.2).</summary>
internal static class PciRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int RevisionId = 0x08;
    public const int ClassCode = 0x09;
    public const int CacheLineSize = 0x0C;
    public const int LatencyTimer = 0x0D;
    public const int BaseAddress0 = 0x10;
    public const int BaseAddressEnd = 0x28;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int CapabilitiesPointer = 0x34;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;
    public const int FirstCapability = 0x40;
    public const int Size = 0x100;

    public const int CommandMemorySpace = 1 << 1;
    public const int CommandBusMaster = 1 << 2;
    public const int CommandInterruptDisable = 1 << 10;

    /// <summary>I/O space, memory space, bus master, parity response, SERR# and interrupt disable.</summary>
    public const int CommandWritable = 0x0547;

    public const int StatusInterrupt = 1 << 3;
    public const int StatusCapabilities = 1 << 4;

    public const int BarMemory64 = 0x4;
    public const int BarPrefetchable = 0x8;
}
