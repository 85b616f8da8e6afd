using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class InterruptRouterTests : IDisposable
{
    private readonly RecordingPartition _partition = new(VmClock.CreateManual());
    private readonly PicPair _pic;
    private readonly IoApic _ioApic;
    private readonly InterruptRouter _router;

    public InterruptRouterTests()
    {
        _pic = new PicPair(_partition.SetExternalInterrupt);
        _ioApic = new IoApic(_partition);
        _router = new InterruptRouter(_pic, _ioApic);
    }

    public void Dispose() => _partition.Dispose();

    [Fact]
    public void Set_TimerLine_ReachesPinTwo()
    {
        Unmask(2, 0x30);
        _router.CreateLine(0).Set(true);
        Assert.Equal(0x30, Assert.Single(_partition.Messages).Vector);
        Assert.True(_partition.ExternalInterrupt);
    }

    [Fact]
    public void Set_SharedLine_FallsWithTheLastDevice()
    {
        Unmask(17, 0x8051);
        LineInterrupt first = _router.CreateLine(17);
        LineInterrupt second = _router.CreateLine(17);
        first.Set(true);
        second.Set(true);
        first.Set(false);
        _ioApic.EndOfInterrupt(0x51);
        Assert.Equal(2, _partition.Messages.Count);
        second.Set(false);
        _ioApic.EndOfInterrupt(0x51);
        Assert.Equal(2, _partition.Messages.Count);
    }

    [Fact]
    public void Set_PciLine_StaysAwayFromThePic()
    {
        ((IInterruptRouter)_router).CreatePciLine(3, 1).Set(true);
        Assert.False(_partition.ExternalInterrupt);
        Assert.Equal(19, IInterruptRouter.GetPciGsi(3, 1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(24)]
    public void CreateLine_NoSuchInterrupt_Throws(int gsi) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _router.CreateLine(gsi));

    private void Unmask(byte pin, ushort low)
    {
        _ioApic.WriteMemory(0, [(byte)(0x10 + (pin * 2)), 0, 0, 0]);
        _ioApic.WriteMemory(0x10, [(byte)low, (byte)(low >> 8), 0, 0]);
    }
}
