using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Pci;

public sealed class PciHostTests : IDisposable
{
    private const int Device = 1;

    private readonly TestPc _pc = new();

    public PciHostTests() => _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioEntropy()));

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Configuration_HostBridge_IsAtDeviceZero()
    {
        Assert.Equal(0x0008_1B36u, _pc.ReadConfiguration(0, 0));
        Assert.Equal(0x0600u, _pc.ReadConfiguration(0, 0x0A, 2));
        Assert.Equal(0u, _pc.ReadConfiguration(0, 0x0E, 1));
    }

    [Fact]
    public void Configuration_VirtioFunction_HasModernIdentity()
    {
        Assert.Equal(0x1044_1AF4u, _pc.ReadConfiguration(Device, 0));
        Assert.Equal(0xFFu, _pc.ReadConfiguration(Device, 0x0B, 1));
        Assert.Equal(1u, _pc.ReadConfiguration(Device, 8, 1));
        Assert.Equal(0x10u, _pc.ReadConfiguration(Device, 6, 2) & 0x10);
        Assert.Equal(1u, _pc.ReadConfiguration(Device, 0x3D, 1));
        Assert.Equal((uint)IInterruptRouter.GetPciGsi(Device, 1), _pc.ReadConfiguration(Device, 0x3C, 1));
    }

    [Fact]
    public void Configuration_ByteInTheAddress_IsIgnored()
    {
        _pc.Bus.WritePort(0xCF8, 4, 0x8000_0002);
        Assert.Equal(0x8000_0000u, _pc.Bus.ReadPort(0xCF8, 4));
        Assert.Equal(0x1B36u, _pc.Bus.ReadPort(0xCFC, 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Configuration_NoSuchDevice_ReadsAllOnes(int size)
    {
        uint ones = size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1;
        Assert.Equal(ones, _pc.ReadConfiguration(9, 0, size));
        _pc.WriteConfiguration(9, 0, 0, size);
        _pc.Bus.WritePort(0xCF8, 4, 0x8001_0000);
        Assert.Equal(ones, _pc.Bus.ReadPort(0xCFC, size));
        _pc.Bus.WritePort(0xCF8, 4, 0);
        Assert.Equal(ones, _pc.Bus.ReadPort(0xCFC, size));
    }

    [Fact]
    public void AddressPort_ReadBack_HoldsItsBits()
    {
        _pc.Bus.WritePort(0xCF8, 4, 0xFFFF_FFFF);
        Assert.Equal(0x80FF_FFFCu, _pc.Bus.ReadPort(0xCF8, 4));
        _pc.Bus.WritePort(0xCF8, 1, 0);
        Assert.Equal(0x80FF_FFFCu, _pc.Bus.ReadPort(0xCF8, 4));
    }

    [Fact]
    public void Bars_BeforeTheGuestStarts_AreAssignedAlignedAndApart()
    {
        ulong msix = _pc.ReadBar(Device, 1);
        ulong registers = _pc.ReadBar(Device, 4);
        Assert.InRange(msix, PlatformAddresses.PciWindowStart, PlatformAddresses.Ecam - 0x1000);
        Assert.InRange(registers, PlatformAddresses.PciWindowStart, PlatformAddresses.Ecam - 0x4000);
        Assert.Equal(0UL, msix % 0x1000);
        Assert.Equal(0UL, registers % 0x4000);
        Assert.True(msix + 0x1000 <= registers || registers + 0x4000 <= msix);
        Assert.Equal(2u, _pc.ReadConfiguration(Device, 4, 2) & 2);
        Assert.Equal(2, _pc.Bus.MemoryRanges);
    }

    [Fact]
    public void Bar_Sized_GivesItsMaskAndMovesBack()
    {
        uint low = _pc.ReadConfiguration(Device, 0x20);
        uint high = _pc.ReadConfiguration(Device, 0x24);
        _pc.WriteConfiguration(Device, 0x20, uint.MaxValue);
        _pc.WriteConfiguration(Device, 0x24, uint.MaxValue);
        Assert.Equal(0xFFFF_C00Cu, _pc.ReadConfiguration(Device, 0x20));
        Assert.Equal(0xFFFF_FFFFu, _pc.ReadConfiguration(Device, 0x24));
        Assert.Equal(1, _pc.Bus.MemoryRanges);
        _pc.WriteConfiguration(Device, 0x20, low);
        _pc.WriteConfiguration(Device, 0x24, high);
        Assert.Equal(2, _pc.Bus.MemoryRanges);

        _pc.WriteConfiguration(Device, 0x14, uint.MaxValue);
        Assert.Equal(0xFFFF_F000u, _pc.ReadConfiguration(Device, 0x14));
        _pc.WriteConfiguration(Device, 0x10, uint.MaxValue);
        Assert.Equal(0u, _pc.ReadConfiguration(Device, 0x10));
    }

    [Fact]
    public void Bar_MovedAbove4GiB_AnswersThere()
    {
        ulong old = _pc.ReadBar(Device, 4);
        _pc.WriteConfiguration(Device, 4, 0, 2);
        Assert.Equal(0, _pc.Bus.MemoryRanges);
        Assert.Equal(0xFFFFUL, _pc.ReadMmio(old + VirtioCommon.QueueCount, 2));
        _pc.WriteConfiguration(Device, 0x20, 0x1234_4000);
        _pc.WriteConfiguration(Device, 0x24, 0x12);
        _pc.WriteConfiguration(Device, 4, 2, 2);
        Assert.Equal(1UL, _pc.ReadMmio(0x12_1234_4000 + VirtioCommon.QueueCount, 2));
        Assert.Equal(0xFFFFUL, _pc.ReadMmio(old + VirtioCommon.QueueCount, 2));
    }

    [Fact]
    public void Reset_AfterTheGuestMovedBars_BringsTheAssignmentBack()
    {
        ulong assigned = _pc.ReadBar(Device, 4);
        _pc.WriteConfiguration(Device, 0x20, 0xD000_0000);
        _pc.WriteConfiguration(Device, 4, 0x0400, 2);
        _pc.Pci.Functions[1].Reset();
        Assert.Equal(assigned, _pc.ReadBar(Device, 4));
        Assert.Equal(1UL, _pc.ReadMmio(assigned + VirtioCommon.QueueCount, 2));
    }

    [Fact]
    public void Configuration_ReadOnlyFields_KeepTheirValue()
    {
        for (int offset = 0; offset < 256; offset += 4)
        {
            _pc.WriteConfiguration(Device, offset, uint.MaxValue);
        }

        Assert.Equal(0x1044_1AF4u, _pc.ReadConfiguration(Device, 0));
        Assert.Equal(0x0547u, _pc.ReadConfiguration(Device, 4, 2));
        Assert.Equal(0x10u, _pc.ReadConfiguration(Device, 6, 2));
        Assert.Equal(0x1044_1AF4u, _pc.ReadConfiguration(Device, 0x2C));
        Assert.Equal(0u, _pc.ReadConfiguration(Device, 0x30));
    }

    [Fact]
    public void Add_SameDeviceTwice_IsRefused()
    {
        using VirtioPciFunction other = new(_pc.Services, new VirtioEntropy());
        Assert.Throws<InvalidOperationException>(() => _pc.Pci.Add(other, Device));
    }

    [Fact]
    public void Restore_StateOfAnotherFunction_IsRefused()
    {
        StateWriter writer = new();
        _pc.Pci.Functions[0].Save(writer);
        StateReader reader = new(writer.Written);
        Assert.Throws<InvalidDataException>(() => _pc.Pci.Functions[1].Restore(reader));
    }

    [Fact]
    public void Save_Restore_BringsMovedBarsAddressAndInterruptBack()
    {
        VirtioDriver driver = new(_pc, Device);
        Assert.True(driver.Negotiate());
        GuestQueue queue = driver.CreateQueue(0, 0x1_0000, 16);
        driver.Start();
        queue.SetChain(0, new GuestBuffer(0x3_0000, 64, true));
        queue.Offer(0);
        queue.WaitUsed();
        int gsi = IInterruptRouter.GetPciGsi(Device, 1);
        VirtioDriver.WaitFor(() => _pc.Interrupts.IsAsserted(gsi), "the line");
        _pc.WriteConfiguration(Device, 0x20, 0xD000_0000);
        _pc.Bus.WritePort(0xCF8, 4, 0x8000_0804);
        StateWriter bus = new();
        StateWriter function = new();
        _pc.Pci.Functions[1].Pause();
        _pc.Pci.Save(bus);
        _pc.Pci.Functions[1].Save(function);

        using TestPc other = new();
        other.Pci.Add(new VirtioPciFunction(other.Services, new VirtioEntropy()));
        other.Pci.Restore(new StateReader(bus.Written));
        other.Pci.Functions[1].Restore(new StateReader(function.Written));
        Assert.Equal(0x8000_0804u, other.Bus.ReadPort(0xCF8, 4));
        Assert.Equal(0x0006u, other.Bus.ReadPort(0xCFC, 2));
        Assert.Equal(0xD000_0000UL, other.ReadBar(Device, 4));
        Assert.Equal(VirtioStatus.DriverOk, (int)other.ReadMmio(0xD000_0000 + VirtioCommon.DeviceStatus, 1) & VirtioStatus.DriverOk);
        Assert.Equal([0xD000_3000UL], other.Partition.Doorbells);
        Assert.True(other.Interrupts.IsAsserted(gsi));
        Assert.Equal(1UL, other.ReadMmio(0xD000_1000, 1));
        Assert.False(other.Interrupts.IsAsserted(gsi));
    }

    [Fact]
    public void Restore_ImpossibleState_IsRefused()
    {
        StateWriter writer = new();
        _pc.Pci.Functions[1].Save(writer);
        StateReader unknown = new(Append(writer.Written.Span, 99));
        _pc.Pci.Functions[1].Restore(unknown);
        Assert.Throws<InvalidDataException>(unknown.End);

        StateWriter status = new();
        status.WritePart(3, part => part.Write(1, VirtioStatus.FeaturesOk));
        Assert.Throws<InvalidDataException>(() => _pc.Pci.Functions[1].Restore(new StateReader(status.Written)));
        StateWriter table = new();
        table.WritePart(2, part => part.Write(2, ulong.MaxValue));
        Assert.Throws<InvalidDataException>(() => _pc.Pci.Functions[1].Restore(new StateReader(table.Written)));

        static byte[] Append(ReadOnlySpan<byte> state, ushort field)
        {
            StateWriter more = new();
            more.Write(field, 1UL);
            return [.. state, .. more.Written.Span];
        }
    }
}
