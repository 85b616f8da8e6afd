using Nestvisor.Devices.Chipset;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class PicPairTests
{
    private readonly PicPair _pic;
    private bool _intr;

    public PicPairTests()
    {
        _pic = new PicPair(asserted => _intr = asserted);
        Initialize(_pic);
    }

    [Fact]
    public void SetLine_MasterEdge_DeliversVectorOnce()
    {
        _pic.SetLine(4, true);
        Assert.True(_intr);
        Assert.Equal(0x34, _pic.Acknowledge());
        Assert.False(_intr);
        _pic.WritePort(0x20, 1, 0x20);
        Assert.False(_intr);
    }

    [Fact]
    public void SetLine_SlaveEdge_DeliversSlaveVector()
    {
        _pic.SetLine(12, true);
        Assert.Equal(0x3C, _pic.Acknowledge());
    }

    [Fact]
    public void Acknowledge_LevelRequestGone_GivesSpuriousVector()
    {
        _pic.WritePort(0x4D0, 1, 0x10);
        _pic.SetLine(4, true);
        _pic.SetLine(4, false);
        Assert.False(_intr);
        Assert.Equal(0x37, _pic.Acknowledge());
        _pic.WritePort(0x20, 1, 0x0B);
        Assert.Equal(0u, _pic.ReadPort(0x20, 1));
    }

    [Fact]
    public void SetLine_PulseBeforeAcknowledge_StaysLatched()
    {
        _pic.SetLine(11, true);
        _pic.SetLine(11, false);
        Assert.True(_intr);
        Assert.Equal(0x3B, _pic.Acknowledge());
        Assert.False(_intr);
    }

    [Fact]
    public void SetFirmwareState_SlaveLine_DeliversFirmwareVector()
    {
        _pic.SetFirmwareState();
        _pic.SetLine(4, true);
        Assert.False(_intr);
        _pic.SetLine(11, true);
        Assert.Equal(0x73, _pic.Acknowledge());
    }

    [Fact]
    public void SetLine_LowerPriorityInService_Preempts()
    {
        _pic.SetLine(5, true);
        Assert.Equal(0x35, _pic.Acknowledge());
        _pic.SetLine(6, true);
        Assert.False(_intr);
        _pic.SetLine(1, true);
        Assert.True(_intr);
        Assert.Equal(0x31, _pic.Acknowledge());
    }

    [Fact]
    public void SetLine_LevelStillAsserted_AsksAgainAfterEndOfInterrupt()
    {
        _pic.WritePort(0x4D0, 2, 0x0820);
        _pic.SetLine(11, true);
        Assert.Equal(0x3B, _pic.Acknowledge());
        _pic.WritePort(0xA0, 1, 0x20);
        _pic.WritePort(0x20, 1, 0x20);
        Assert.True(_intr);
        _pic.SetLine(11, false);
        Assert.False(_intr);
    }

    [Fact]
    public void WriteMask_MaskedRequest_IsKept()
    {
        _pic.WritePort(0x21, 1, 0x10);
        _pic.SetLine(4, true);
        Assert.False(_intr);
        _pic.WritePort(0x21, 1, 0);
        Assert.True(_intr);
    }

    [Fact]
    public void ReadPort_Poll_AcknowledgesAndReports()
    {
        _pic.SetLine(3, true);
        _pic.WritePort(0x20, 1, 0x0C);
        Assert.Equal(0x83u, _pic.ReadPort(0x20, 1));
        Assert.False(_intr);
    }

    [Fact]
    public void EdgeLevel_ReservedBits_StayZero()
    {
        _pic.WritePort(0x4D0, 2, 0xFFFF);
        Assert.Equal(0xDEF8u, _pic.ReadPort(0x4D0, 2));
    }

    [Fact]
    public void Restore_InService_GoesOnIdentically()
    {
        _pic.WritePort(0x4D0, 2, 0x0820);
        _pic.SetLine(11, true);
        _pic.Acknowledge();
        _pic.SetLine(3, true);

        bool intr = false;
        PicPair copy = new(asserted => intr = asserted);
        SavedStates.Copy(_pic, copy);
        Assert.Equal(SavedStates.Save(_pic), SavedStates.Save(copy));
        Assert.Equal(_intr, intr);
        copy.WritePort(0xA0, 1, 0x20);
        copy.WritePort(0x20, 1, 0x20);
        Assert.True(intr);
        Assert.Equal(0x3B, copy.Acknowledge());
    }

    private static void Initialize(PicPair pic)
    {
        pic.WritePort(0x20, 1, 0x11);
        pic.WritePort(0xA0, 1, 0x11);
        pic.WritePort(0x21, 1, 0x30);
        pic.WritePort(0xA1, 1, 0x38);
        pic.WritePort(0x21, 1, 0x04);
        pic.WritePort(0xA1, 1, 0x02);
        pic.WritePort(0x21, 1, 0x01);
        pic.WritePort(0xA1, 1, 0x01);
    }
}
