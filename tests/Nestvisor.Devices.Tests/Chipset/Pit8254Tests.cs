using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class Pit8254Tests : IDisposable
{
    private const long Millisecond = 1_000_000;

    private readonly VmClock _clock = VmClock.CreateManual();
    private readonly RecordingLine _line = new();
    private readonly Pit8254 _pit;

    public Pit8254Tests() => _pit = new Pit8254(_clock, _line);

    public void Dispose() => _clock.Dispose();

    [Theory]
    [InlineData(0x34)]
    [InlineData(0x36)]
    public void Write_PeriodicMode_InterruptsAtItsRate(byte control)
    {
        Load(0, control, 11932);
        _clock.Advance(1000 * Millisecond);
        Assert.InRange(_line.Edges, 99, 100);
    }

    [Theory]
    [InlineData(0x30)]
    [InlineData(0x38)]
    public void Write_OneShotMode_InterruptsOnce(byte control)
    {
        Load(0, control, 1193);
        _clock.Advance(Millisecond / 2);
        Assert.Equal(0, _line.Edges);
        _clock.Advance(10 * Millisecond);
        Assert.Equal(1, _line.Edges);
        Load(0, control, 1193);
        _clock.Advance(10 * Millisecond);
        Assert.Equal(2, _line.Edges);
    }

    [Fact]
    public void OnRise_LateHost_CatchesUp()
    {
        Load(0, 0x34, 11932);
        _clock.Advance((20 * Millisecond) + 1);
        int before = _line.Edges;
        long now = _clock.Now;
        _clock.Stop();
        _clock.Set(now + (105 * Millisecond));
        _clock.Advance(2 * Millisecond);
        Assert.Equal(11, _line.Edges - before);
        _clock.Advance(10 * Millisecond);
        Assert.Equal(12, _line.Edges - before);
    }

    [Fact]
    public void Write_SmallestPeriod_DoesNotFloodTheHost()
    {
        Load(0, 0x34, 1);
        _clock.Advance(1000 * Millisecond);
        Assert.InRange(_line.Edges, 1, 10_001);
    }

    [Fact]
    public void ReadPort_CountInModeZero_CountsDown()
    {
        Load(2, 0xB0, 0xFFFF);
        _pit.WritePort(0x61, 1, 1);
        _clock.Advance(Millisecond);
        _pit.WritePort(0x43, 1, 0x80);
        uint count = _pit.ReadPort(0x42, 1) | (_pit.ReadPort(0x42, 1) << 8);
        Assert.Equal(0xFFFFu - 1193, count);
    }

    [Fact]
    public void ReadPort_SpeakerOutput_RisesAtTerminalCount()
    {
        // Linux calibrates the TSC this way: 50 ms in mode 0, then it polls bit 5 of port 61h.
        _pit.WritePort(0x61, 1, 1);
        Load(2, 0xB0, 59659);
        Assert.Equal(0u, _pit.ReadPort(0x61, 1) & 0x20);
        _clock.Advance(49 * Millisecond);
        Assert.Equal(0u, _pit.ReadPort(0x61, 1) & 0x20);
        _clock.Advance(2 * Millisecond);
        Assert.Equal(0x20u, _pit.ReadPort(0x61, 1) & 0x20);
    }

    [Fact]
    public void Gate_LowInModeZero_StopsTheCount()
    {
        Load(2, 0xB0, 59659);
        _clock.Advance(1000 * Millisecond);
        Assert.Equal(0u, _pit.ReadPort(0x61, 1) & 0x20);
        _pit.WritePort(0x61, 1, 1);
        _clock.Advance(30 * Millisecond);
        _pit.WritePort(0x61, 1, 0);
        _clock.Advance(1000 * Millisecond);
        Assert.Equal(0u, _pit.ReadPort(0x61, 1) & 0x20);
        _pit.WritePort(0x61, 1, 1);
        _clock.Advance(21 * Millisecond);
        Assert.Equal(0x20u, _pit.ReadPort(0x61, 1) & 0x20);
    }

    [Fact]
    public void WriteControl_ReadBack_LatchesStatusThenCount()
    {
        Load(0, 0x34, 0x1234);
        _clock.Advance(100);
        _pit.WritePort(0x43, 1, 0xC2);
        Assert.Equal(0xB4u, _pit.ReadPort(0x40, 1));
        uint count = _pit.ReadPort(0x40, 1) | (_pit.ReadPort(0x40, 1) << 8);
        Assert.Equal(0x1234u, count);
    }

    [Fact]
    public void WriteControl_NewMode_StopsTheOldTimer()
    {
        Load(0, 0x34, 1193);
        _pit.WritePort(0x43, 1, 0x30);
        _clock.Advance(10 * Millisecond);
        Assert.Equal(0, _line.Edges);
    }

    [Fact]
    public void Restore_PeriodicMode_TicksOn()
    {
        Load(0, 0x34, 11932);
        _clock.Advance(25 * Millisecond);
        RecordingLine line = new();
        using VmClock clock = VmClock.CreateManual();
        clock.Set(_clock.Now);
        Pit8254 copy = new(clock, line);
        SavedStates.Copy(_pit, copy);
        Assert.Equal(SavedStates.Save(_pit), SavedStates.Save(copy));
        int before = _line.Edges;
        int copied = line.Edges;
        _clock.Advance(100 * Millisecond);
        clock.Advance(100 * Millisecond);
        Assert.Equal(_line.Edges - before, line.Edges - copied);
        Assert.Equal(SavedStates.Save(_pit), SavedStates.Save(copy));
    }

    private void Load(int channel, byte control, ushort count)
    {
        _pit.WritePort(0x43, 1, control);
        _pit.WritePort((ushort)(0x40 + channel), 1, (byte)count);
        _pit.WritePort((ushort)(0x40 + channel), 1, (byte)(count >> 8));
    }
}
