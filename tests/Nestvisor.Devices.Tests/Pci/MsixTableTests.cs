using Nestvisor.Devices.Pci;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Tests.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Pci;

public sealed class MsixTableTests : IDisposable
{
    private const ushort Enable = 0x8000;
    private const ushort FunctionMask = 0x4000;

    private readonly FakePartition _partition = new(4096);
    private readonly MsixTable _table;

    public MsixTableTests() => _table = new MsixTable(4, _partition);

    public void Dispose()
    {
        _table.Dispose();
        _partition.Dispose();
    }

    [Fact]
    public void Signal_Disabled_LeavesItToThePin()
    {
        Write(0, 0xFEE0_0000, 0x41, masked: false);
        Assert.False(_table.Signal(0));
        _table.SetControl(Enable);
        Assert.Empty(_partition.Messages);
    }

    [Fact]
    public void Signal_Unmasked_SendsTheMessage()
    {
        _table.SetControl(Enable);
        Write(2, 0xFEE0_1000, 0x41, masked: false);
        Assert.True(_table.Signal(2));
        Assert.Equal(new MsiMessage(0xFEE0_1000, 0x41), Assert.Single(_partition.Messages));
        Assert.Equal(0UL, ReadPending());
    }

    [Theory]
    [InlineData(0x08, 1)]
    [InlineData(0x10, 0)]
    public void Signal_Remapped_SendsTheEntrysMessageIfItIsOurs(int requester, int messages)
    {
        using TestPc pc = new(remapping: true);
        VtdDriver vtd = new(pc);
        vtd.EnableInterrupts();
        vtd.PutInterrupt(2, 1 | (0x51 << 16), (1 << 18) | 0x08);
        using MsixTable table = new(1, pc.Partition);
        table.Connect(pc.Remapping, (ushort)requester);
        table.SetControl(Enable);
        table.WriteMemory(0, [0x50, 0, 0xE0, 0xFE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.True(table.Signal(0));
        Assert.Equal(messages, pc.Partition.Messages.Count(message => message == new MsiMessage(0xFEE0_0000, 0x51)));
        Assert.Equal(messages, pc.Partition.Messages.Count);
    }

    [Fact]
    public void Signal_VectorMasked_WaitsInThePendingBit()
    {
        _table.SetControl(Enable);
        Write(1, 0xFEE0_0000, 0x41, masked: true);
        _table.Signal(1);
        _table.Signal(1);
        Assert.Empty(_partition.Messages);
        Assert.Equal(2UL, ReadPending());
        Write(1, 0xFEE0_0000, 0x42, masked: false);
        Assert.Equal(0x42u, Assert.Single(_partition.Messages).Data);
        Assert.Equal(0UL, ReadPending());
    }

    [Fact]
    public void Signal_FunctionMasked_WaitsForTheFunction()
    {
        _table.SetControl(Enable | FunctionMask);
        Write(0, 0xFEE0_0000, 0x40, masked: false);
        Write(3, 0xFEE0_0000, 0x43, masked: false);
        _table.Signal(0);
        _table.Signal(3);
        Assert.Empty(_partition.Messages);
        _table.SetControl(Enable);
        Assert.Equal(2, _partition.Messages.Count);
    }

    [Fact]
    public void Signal_NoSuchVector_SendsNothing()
    {
        _table.SetControl(Enable);
        Assert.True(_table.Signal(0xFFFF));
        Assert.True(_table.Signal(-1));
        Assert.Empty(_partition.Messages);
    }

    [Fact]
    public void Signal_AddressIsNoLocalApic_SendsNothing()
    {
        _table.SetControl(Enable);
        Write(0, 0x1000, 0x41, masked: false);
        _table.Signal(0);
        Write(0, 0xFEE0_0000_0000, 0x41, masked: false);
        _table.Signal(0);
        Assert.Empty(_partition.Messages);
    }

    [Fact]
    public void Table_AfterReset_IsMaskedAndHoldsReservedBitsZero()
    {
        Assert.Equal(1UL, Read(12, 4));
        byte[] ones = [.. Enumerable.Repeat((byte)0xFF, 16)];
        _table.WriteMemory(0, ones);
        Assert.Equal(0xFFFF_FFFCUL, Read(0, 4));
        Assert.Equal(1UL, Read(12, 4));
        _table.WriteMemory(MsixTable.PendingOffset, ones);
        Assert.Equal(0UL, ReadPending());
    }

    [Fact]
    public void Save_WithPendingVector_SendsItAfterRestore()
    {
        _table.SetControl(Enable);
        Write(1, 0xFEE0_0000, 0x41, masked: true);
        _table.Signal(1);
        StateWriter writer = new();
        _table.Save(writer);
        using MsixTable other = new(4, _partition);
        other.SetControl(Enable);
        other.Restore(new StateReader(writer.Written));
        Assert.Empty(_partition.Messages);
        other.WriteMemory(16 + 12, [0, 0, 0, 0]);
        Assert.Equal(0x41u, Assert.Single(_partition.Messages).Data);
    }

    private void Write(int entry, ulong address, uint data, bool masked)
    {
        _table.WriteMemory(((ulong)entry * 16) + 12, [1, 0, 0, 0]);
        _table.WriteMemory((ulong)entry * 16, BitConverter.GetBytes(address));
        _table.WriteMemory(((ulong)entry * 16) + 8, BitConverter.GetBytes(data));
        _table.WriteMemory(((ulong)entry * 16) + 12, [(byte)(masked ? 1 : 0), 0, 0, 0]);
    }

    private ulong ReadPending() => Read(MsixTable.PendingOffset, 8);

    private ulong Read(ulong offset, int size)
    {
        byte[] data = new byte[8];
        _table.ReadMemory(offset, data.AsSpan(0, size));
        return BitConverter.ToUInt64(data);
    }
}
