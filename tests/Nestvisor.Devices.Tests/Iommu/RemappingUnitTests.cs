using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>Registers of the remapping unit by VT-d 3.3 §10.4.</summary>
public sealed class RemappingUnitTests : IDisposable
{
    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public RemappingUnitTests() => _vtd = new VtdDriver(_pc);

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Registers_AfterReset_TellWhatThereIs()
    {
        Assert.Equal(0x10u, _vtd.Read32(0x00));
        ulong capability = _vtd.Read64(0x08);
        Assert.Equal(6u, capability & 7);
        Assert.Equal(6u, (capability >> 8) & 31);
        Assert.Equal(47u, (capability >> 16) & 63);
        Assert.Equal(0x20u, (capability >> 24) & 0x3FF);
        Assert.Equal(3u, (capability >> 34) & 15);
        Assert.Equal(3u, (capability >> 40) & 255);
        ulong extended = _vtd.Read64(0x10);
        Assert.Equal(0x4Bu, extended & 0xFF);
        Assert.Equal(0x0Fu, (extended >> 8) & 0x3FF);
        Assert.Equal(0u, _vtd.Read32(0x1C));
        Assert.Equal(0u, _vtd.Read32(0x34));
        Assert.Equal(0x8000_0000u, _vtd.Read32(0x38));
        Assert.Equal(0x8000_0000u, _vtd.Read32(0xA0));
    }

    [Fact]
    public void Write_ReadOnlyRegisters_ChangesNothing()
    {
        foreach (int offset in (ReadOnlySpan<int>)[0x00, 0x08, 0x10, 0x58, 0x68, 0x80, 0xC0, 0x200, 0x240, 0xFF8])
        {
            ulong before = _vtd.Read64(offset);
            _vtd.Write64(offset, ~before);
            Assert.Equal(before, _vtd.Read64(offset));
        }
    }

    [Fact]
    public void Write_RootTable_KeepsAddressOnly()
    {
        _vtd.Write64(0x20, ulong.MaxValue);
        Assert.Equal(0x000F_FFFF_FFFF_F000u, _vtd.Read64(0x20));
        _vtd.Write32(0x24, 0);
        Assert.Equal(0xFFFF_F000u, _vtd.Read64(0x20));
    }

    [Fact]
    public void Write_OtherThanRegisterWidths_IsIgnored()
    {
        _pc.WriteMmio(VtdDriver.Registers + 0x20, 2, 0xF000);
        _pc.WriteMmio(VtdDriver.Registers + 0x22, 4, 0xF000_0000);
        _pc.WriteMmio(VtdDriver.Registers + 0x24, 8, ulong.MaxValue);
        Assert.Equal(0u, _vtd.Read64(0x20));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(26)]
    [InlineData(25)]
    [InlineData(23)]
    public void Command_Switch_ShowsInStatusUntilSwitchedOff(int bit)
    {
        _vtd.Write32(0x18, 1u << bit);
        Assert.Equal(1u << bit, _vtd.Read32(0x1C));
        Assert.Equal(0u, _vtd.Read32(0x18));
        _vtd.Write32(0x18, 0);
        Assert.Equal(0u, _vtd.Read32(0x1C));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(24)]
    public void Command_Pointer_ShowsInStatusForGood(int bit)
    {
        _vtd.Write32(0x18, 1u << bit);
        _vtd.Write32(0x18, 0);
        Assert.Equal(1u << bit, _vtd.Read32(0x1C));
    }

    [Theory]
    [InlineData(29)]
    [InlineData(28)]
    [InlineData(27)]
    public void Command_FaultLogAndWriteBuffer_AreNotThere(int bit)
    {
        _vtd.Write32(0x18, 1u << bit);
        Assert.Equal(0u, _vtd.Read32(0x1C));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ContextInvalidation_ByRegister_IsDoneAsAsked(ulong granularity)
    {
        _vtd.Write64(0x28, (1UL << 63) | (granularity << 61) | 7);
        Assert.Equal((granularity << 61) | (granularity << 59) | 7, _vtd.Read64(0x28));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void IotlbInvalidation_ByRegister_IsDoneAsAsked(ulong granularity)
    {
        _vtd.Write64(0xF0, 0x1000 | 3);
        _vtd.Write64(0xF8, (1UL << 63) | (granularity << 60) | (5UL << 32));
        Assert.Equal((granularity << 60) | (granularity << 57) | (5UL << 32), _vtd.Read64(0xF8));
    }

    [Fact]
    public void Reset_SwitchedOn_IsAsAfterPowerOn()
    {
        _vtd.EnableTranslation(0x10);
        _vtd.EnableInterrupts();
        _vtd.EnableQueue();
        _pc.Remapping.Reset();
        Assert.Equal(0u, _vtd.Read32(0x1C));
        Assert.Equal(0u, _vtd.Read64(0x20));
        Assert.False(_pc.Remapping.RemapsInterrupts);
        Assert.True(_pc.Remapping.TryWrite(0x10, 0x5000, [1]));
    }

    [Fact]
    public void Off_AddressesAndMessages_AreWhatTheySay()
    {
        byte[] data = [1, 2, 3, 4];
        Assert.True(_pc.Remapping.TryWrite(0x10, 0x5FFE, data));
        byte[] back = new byte[4];
        Assert.True(_pc.Remapping.TryRead(0x08, 0x5FFE, back));
        Assert.Equal(data, back);
        Assert.False(_pc.Remapping.TryRead(0x10, _pc.Memory.Limit - 2, back));
        MsiMessage request = new(0xFEE0_3018, 0xFFFF_0041);
        Assert.True(_pc.Remapping.TryRemap(0x10, request, report: true, out MsiMessage message));
        Assert.Equal(request, message);
        Assert.False(_pc.Remapping.TryRemap(0x10, new MsiMessage(0x1_FEE0_0000, 0x41), report: true, out _));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Fact]
    public void Write_InInterruptRange_IsAMessageIfItCanBe()
    {
        Assert.True(_pc.Remapping.TryWrite(0x10, 0xFEE0_2000, [0x41, 0, 0, 0]));
        Assert.Equal([new MsiMessage(0xFEE0_2000, 0x41)], _pc.Partition.Messages);
        Assert.False(_pc.Remapping.TryWrite(0x10, 0xFEE0_2000, [0x41, 0]));
        Assert.False(_pc.Remapping.TryWrite(0x10, 0xFEE0_2002, [0x41, 0, 0, 0]));
        Assert.False(_pc.Remapping.TryRead(0x10, 0xFEE0_2000, new byte[4]));
        Assert.Single(_pc.Partition.Messages);
    }
}
