using System.Buffers.Binary;
using Nestvisor.Devices.Iommu;
using Nestvisor.Devices.Pci;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>Memory, a bus and PCI, driven by the test as a guest's processor would.</summary>
internal sealed class TestPc : IDisposable
{
    public TestPc(ulong memory = 4 << 20, bool remapping = false)
    {
        Partition = new FakePartition(memory);
        Services = new DeviceServices(Partition.Memory, Partition.Clock, Partition, Bus, Interrupts);
        Remapping = new RemappingUnit(Partition.Memory, Partition);
        if (remapping)
        {
            Remapping.Connect(Bus);
            Services = Services with { Remapper = Remapping };
        }

        Pci = new PciHost(Services);
    }

    public FakePartition Partition { get; }

    public FakeBus Bus { get; } = new();

    public FakeInterruptRouter Interrupts { get; } = new();

    public DeviceServices Services { get; }

    /// <summary>The remapping unit; it is on the bus only if that was asked for.</summary>
    public RemappingUnit Remapping { get; }

    public PciHost Pci { get; }

    public GuestMemory Memory => Partition.Memory;

    public uint ReadConfiguration(int device, int offset, int size = 4)
    {
        Bus.WritePort(0xCF8, 4, 0x8000_0000 | ((uint)device << 11) | ((uint)offset & 0xFC));
        return Bus.ReadPort((ushort)(0xCFC + (offset & 3)), size);
    }

    public void WriteConfiguration(int device, int offset, uint value, int size = 4)
    {
        Bus.WritePort(0xCF8, 4, 0x8000_0000 | ((uint)device << 11) | ((uint)offset & 0xFC));
        Bus.WritePort((ushort)(0xCFC + (offset & 3)), size, value);
    }

    public ulong ReadMmio(ulong address, int size)
    {
        Span<byte> data = stackalloc byte[8];
        data.Clear();
        Bus.Read(address, data[..size]);
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public void WriteMmio(ulong address, int size, ulong value)
    {
        if (Partition.TryRing(address))
        {
            return;
        }

        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        Bus.Write(address, data[..size]);
    }

    /// <summary>Finds a capability of a function.</summary>
    /// <returns>Its offset; 0 if there is none (left).</returns>
    public int FindCapability(int device, byte id, int after = 0)
    {
        int offset = (int)ReadConfiguration(device, after == 0 ? 0x34 : after + 1, 1);
        for (int guard = 0; offset != 0 && guard < 48; guard++)
        {
            if (ReadConfiguration(device, offset, 1) == id)
            {
                return offset;
            }

            offset = (int)ReadConfiguration(device, offset + 1, 1);
        }

        return 0;
    }

    /// <summary>Reads the address of a memory BAR.</summary>
    public ulong ReadBar(int device, int index)
    {
        uint low = ReadConfiguration(device, 0x10 + (index * 4));
        ulong high = (low & 4) != 0 ? ReadConfiguration(device, 0x14 + (index * 4)) : 0;
        return (high << 32) | (low & ~0xFu);
    }

    public void Dispose()
    {
        foreach (PciFunction function in Pci.Functions)
        {
            function.Dispose();
        }

        Pci.Dispose();
        Partition.Dispose();
    }
}
