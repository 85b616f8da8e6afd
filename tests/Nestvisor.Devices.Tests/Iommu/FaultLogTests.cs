using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>Fault recording and the fault event (VT-d 3.3 §7.2.1, §7.3).</summary>
public sealed class FaultLogTests : IDisposable
{
    private const uint Overflow = 1;
    private const uint Pending = 2;

    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public FaultLogTests()
    {
        _vtd = new VtdDriver(_pc);
        _vtd.EnableTranslation(0x10);
    }

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Fault_Several_FillTheRingInOrder()
    {
        Fault(3);
        Assert.Equal([0x1000u, 0x2000u, 0x3000u], [.. Enumerable.Range(0, 3).Select(i => _vtd.ReadRecord(i).Information)]);
        Assert.False(_vtd.ReadRecord(3).Fault);
        Assert.Equal(Pending, _vtd.Read32(0x34));
    }

    [Fact]
    public void Fault_OneTooMany_OverflowsUntilCleared()
    {
        Fault(5);
        Assert.Equal(Pending | Overflow, _vtd.Read32(0x34));
        _vtd.ClearRecord(0);
        Fault(1);
        Assert.False(_vtd.ReadRecord(0).Fault);
        _vtd.Write32(0x34, Overflow);
        Fault(1);
        Assert.True(_vtd.ReadRecord(0).Fault);
        Assert.Equal(Pending, _vtd.Read32(0x34));
    }

    [Fact]
    public void FaultIndex_AfterAllWereCleared_IsTheNextRecord()
    {
        Fault(2);
        _vtd.ClearRecord(0);
        Assert.Equal(Pending, _vtd.Read32(0x34));
        _vtd.ClearRecord(1);
        Assert.Equal(0u, _vtd.Read32(0x34));
        Fault(1);
        Assert.Equal(Pending | (2u << 8), _vtd.Read32(0x34));
    }

    [Fact]
    public void FaultEvent_Unmasked_IsSentOnceUntilServiced()
    {
        Program(masked: false);
        Fault(2);
        Assert.Equal([new MsiMessage(0xFEE0_1000, 0x61)], _pc.Partition.Messages);
        _vtd.ClearRecord(0);
        _vtd.ClearRecord(1);
        Fault(1);
        Assert.Equal(2, _pc.Partition.Messages.Count);
    }

    [Fact]
    public void FaultEvent_Masked_WaitsUntilUnmasked()
    {
        Program(masked: true);
        Fault(1);
        Assert.Equal(0xC000_0000u, _vtd.Read32(0x38));
        Assert.Empty(_pc.Partition.Messages);
        _vtd.Write32(0x38, 0);
        Assert.Equal(0u, _vtd.Read32(0x38));
        Assert.Single(_pc.Partition.Messages);
    }

    [Fact]
    public void FaultEvent_ServicedWhileMasked_IsNotSent()
    {
        Program(masked: true);
        Fault(1);
        _vtd.ClearRecord(0);
        Assert.Equal(0x8000_0000u, _vtd.Read32(0x38));
        _vtd.Write32(0x38, 0);
        Assert.Empty(_pc.Partition.Messages);
    }

    [Fact]
    public void FaultEvent_AddressOutsideTheRange_IsLost()
    {
        Program(masked: false);
        _vtd.Write32(0x40, 0x1000);
        Fault(1);
        Assert.Empty(_pc.Partition.Messages);
        Assert.Equal(Pending, _vtd.Read32(0x34));
    }

    private void Program(bool masked)
    {
        _vtd.Write32(0x3C, 0x61);
        _vtd.Write32(0x40, 0xFEE0_1000);
        _vtd.Write32(0x38, masked ? 1u << 31 : 0);
    }

    private void Fault(int count)
    {
        for (int i = 1; i <= count; i++)
        {
            Assert.False(_pc.Remapping.TryRead(0x10, (ulong)i << 12, new byte[1]));
        }
    }
}
