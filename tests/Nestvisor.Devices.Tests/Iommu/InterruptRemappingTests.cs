using System.Buffers.Binary;
using Nestvisor.Devices.Chipset;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>The interrupt remapping table, for messages and for the IOAPIC (VT-d 3.3 §5.1, §9.10).</summary>
public sealed class InterruptRemappingTests : IDisposable
{
    private const ushort Requester = 0x10;
    private const ulong Present = 1;

    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public InterruptRemappingTests()
    {
        _vtd = new VtdDriver(_pc);
        _vtd.EnableInterrupts();
    }

    public void Dispose() => _pc.Dispose();

    [Theory]
    [InlineData(0x0000_0300_0041_0001UL, 0xFEE0_3000UL, 0x41U)]
    [InlineData(0x0000_FF00_0042_0005UL, 0xFEEF_F004UL, 0x42U)]
    [InlineData(0x0000_0100_0043_002DUL, 0xFEE0_100CUL, 0x143U)]
    [InlineData(0x0000_0000_0044_0F11UL, 0xFEE0_0000UL, 0xC044U)]
    [InlineData(0x0000_0000_0000_0081UL, 0xFEE0_0000UL, 0x400U)]
    public void Request_PresentEntry_BecomesItsMessage(ulong entry, ulong address, uint data)
    {
        _vtd.PutInterrupt(9, entry);
        Assert.Equal(new MsiMessage(address, data), Remap(Request(9)));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Fact]
    public void Request_Subhandle_IsAdded()
    {
        _vtd.PutInterrupt(9 + 3, Present | (0x55 << 16));
        Assert.Equal(0x55u, Remap(Request(9, subhandle: 3))?.Data);
    }

    [Theory]
    [InlineData(0UL, 0UL, 0x22)]
    [InlineData(Present | (1UL << 15), 0UL, 0x24)]
    [InlineData(Present | (1UL << 12), 0UL, 0x24)]
    [InlineData(Present | (3UL << 5), 0UL, 0x24)]
    [InlineData(Present | (1UL << 32), 0UL, 0x24)]
    [InlineData(Present, 1UL << 20, 0x24)]
    [InlineData(Present, 3UL << 18, 0x24)]
    [InlineData(Present, (1UL << 18) | 0x18, 0x26)]
    public void Request_Entry_Faults(ulong low, ulong high, byte reason)
    {
        _vtd.PutInterrupt(9, low, high);
        Assert.Null(Remap(Request(9)));
        Assert.Equal((reason, Requester, 9UL << 48, false, true), _vtd.ReadRecord(0));
        _vtd.ClearRecord(0);
        _vtd.PutInterrupt(9, low | 2, high);
        Assert.Null(Remap(Request(9)));
        Assert.Equal(0u, _vtd.Read32(0x34) & 3);
    }

    [Theory]
    [InlineData(256, 0, 0x21)]
    [InlineData(250, 6, 0x21)]
    [InlineData(0xFFFF, 0xFFFF, 0x21)]
    [InlineData(9, 0x1_0001, 0x20)]
    public void Request_Index_Faults(int handle, int subhandle, byte reason)
    {
        Assert.Null(Remap(Request(handle, subhandle)));
        Assert.Equal(reason, _vtd.ReadRecord(0).Reason);
    }

    [Fact]
    public void Request_TableOutsideMemory_Faults()
    {
        _vtd.Write64(0xB8, 0x7F00_0000_0000 | 7);
        _vtd.Command(1u << 24);
        Assert.Null(Remap(Request(9)));
        Assert.Equal(0x23, _vtd.ReadRecord(0).Reason);
    }

    [Fact]
    public void Request_OnlyLookedAt_RecordsNothing()
    {
        Assert.False(_pc.Remapping.TryRemap(Requester, Request(9), report: false, out _));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Fact]
    public void CompatibilityFormat_PassesOnlyIfAllowed()
    {
        MsiMessage request = new(0xFEE0_1000, 0x41);
        Assert.Null(Remap(request));
        Assert.Equal(0x25, _vtd.ReadRecord(0).Reason);
        _vtd.Command(1u << 23);
        Assert.Equal(request, Remap(request));
    }

    [Theory]
    [InlineData(1UL << 18, 0x10, true)]
    [InlineData(1UL << 18, 0x14, false)]
    [InlineData((1UL << 18) | (1UL << 16), 0x14, true)]
    [InlineData((1UL << 18) | (1UL << 16), 0x16, false)]
    [InlineData((1UL << 18) | (2UL << 16), 0x16, true)]
    [InlineData((1UL << 18) | (2UL << 16), 0x17, false)]
    [InlineData((1UL << 18) | (3UL << 16), 0x17, true)]
    [InlineData((1UL << 18) | (3UL << 16), 0x18, false)]
    [InlineData(2UL << 18, 0x0010, true)]
    [InlineData(2UL << 18, 0x1000, true)]
    [InlineData(2UL << 18, 0x1100, false)]
    public void Source_Validation_IsTheEntrys(ulong validation, int requester, bool passes)
    {
        _vtd.PutInterrupt(9, Present, validation | 0x0010);
        Assert.Equal(passes, _pc.Remapping.TryRemap((ushort)requester, Request(9), report: true, out _));
    }

    [Fact]
    public void IoApic_RemappableEntry_SendsTheRemappedMessage()
    {
        IoApic ioApic = new(_pc.Partition, _pc.Remapping);
        _vtd.PutInterrupt(0x1234 & 0xFF, Present | (0x77UL << 16) | (2UL << 40), (1UL << 18) | 0x18);
        Program(ioApic, 17, (0x34UL << 49) | (1UL << 48) | 0x77);
        ioApic.SetPin(17, true);
        Assert.Equal([MsiMessage.Create(2, false, 0x77, 0, false)], _pc.Partition.Messages);
    }

    [Fact]
    public void IoApic_CompatibilityEntry_IsBlocked()
    {
        IoApic ioApic = new(_pc.Partition, _pc.Remapping);
        Program(ioApic, 17, 0x77);
        Assert.Equal(0u, _vtd.Read32(0x34));
        ioApic.SetPin(17, true);
        Assert.Empty(_pc.Partition.Messages);
        Assert.Equal(0x25, _vtd.ReadRecord(0).Reason);
    }

    [Fact]
    public void InterruptsChanged_EntryInvalidated_IsTold()
    {
        int told = 0;
        _pc.Remapping.InterruptsChanged = () => told++;
        _vtd.EnableQueue();
        Assert.Equal(0, told);
        _vtd.Submit(1 | (1 << 4), 0);
        Assert.Equal(0, told);
        _vtd.Submit(4, 0);
        Assert.Equal(1, told);
        _vtd.Command(1u << 24);
        Assert.Equal(2, told);
        _vtd.Write32(0x18, 0);
        Assert.Equal(3, told);
    }

    private static MsiMessage Request(int handle, int subhandle = 0) => new(
        0xFEE0_0010 | ((ulong)(handle & 0x7FFF) << 5) | ((ulong)(handle >> 15) << 2) | (subhandle != 0 ? 8UL : 0), (uint)subhandle);

    private static void Program(IoApic ioApic, int pin, ulong entry)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int half = 1; half >= 0; half--)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, 0x10 + (pin * 2) + half);
            ioApic.WriteMemory(0x00, bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(entry >> (half * 32)));
            ioApic.WriteMemory(0x10, bytes);
        }
    }

    private MsiMessage? Remap(MsiMessage request) =>
        _pc.Remapping.TryRemap(Requester, request, report: true, out MsiMessage message) ? message : null;
}
