using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Chipset;

public sealed class CmosRtcTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private static readonly long Start = new DateTimeOffset(2026, 12, 31, 23, 59, 50, TimeSpan.Zero).ToUnixTimeSeconds();

    private readonly VmClock _clock = VmClock.CreateManual();
    private readonly RecordingLine _line = new();
    private readonly CmosRtc _rtc;

    public CmosRtcTests() => _rtc = new CmosRtc(_clock, _line, Start, 64 << 20, 0);

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void ReadByte_TimeOfDay_FollowsTheClockInBcd()
    {
        Assert.Equal([0x50, 0x59, 0x23, 0x31, 0x12, 0x26, 0x20], ReadTime());
        _clock.Advance(10 * Second);
        Assert.Equal([0x00, 0x00, 0x00, 0x01, 0x01, 0x27, 0x20], ReadTime());
    }

    [Fact]
    public void WriteByte_TwelveHourBinary_ReadsBack()
    {
        Write(0x0B, 0x04);
        Assert.Equal(0x8B, Read(4));
        Write(4, 0x0C);
        Assert.Equal(0x0C, Read(4));
        Write(0x0B, 0x06);
        Assert.Equal(0, Read(4));
    }

    [Fact]
    public void WriteByte_UnderSet_TakesEffectAtItsEnd()
    {
        Write(0x0B, 0x82);
        Write(0, 0x15);
        Write(9, 0x30);
        _clock.Advance(100 * Second);
        Assert.Equal(0x15, Read(0));
        Write(0x0B, 0x02);
        _clock.Advance(2 * Second);
        Assert.Equal(0x17, Read(0));
        Assert.Equal(0x30, Read(9));
    }

    [Fact]
    public void UpdateInterrupt_Enabled_FiresOnceUntilRead()
    {
        Write(0x0B, 0x12);
        _clock.Advance(5 * Second);
        Assert.Equal(1, _line.Edges);
        Assert.Equal(0xD0, Read(0x0C));
        Assert.False(_line.Asserted);
        _clock.Advance(Second);
        Assert.Equal(2, _line.Edges);
    }

    [Fact]
    public void PeriodicInterrupt_1024Hz_FiresAtItsRate()
    {
        Write(0x0B, 0x42);
        int count = 0;
        for (int i = 0; i < 2000; i++)
        {
            _clock.Advance(Second / 2000);
            if (_line.Asserted)
            {
                count++;
                Assert.Equal(0xC0, Read(0x0C) & 0xC0);
            }
        }

        Assert.InRange(count, 1000, 1024);
    }

    [Fact]
    public void Alarm_DontCareHour_FiresAtTheSecond()
    {
        Write(1, 0x05);
        Write(3, 0x00);
        Write(5, 0xFF);
        Write(0x0B, 0x22);
        _clock.Advance(14 * Second);
        Assert.False(_line.Asserted);
        _clock.Advance(Second);
        Assert.True(_line.Asserted);
        Assert.Equal(0xA0, Read(0x0C) & 0xA0);
    }

    [Fact]
    public void ReadByte_BeforeUpdate_ShowsUpdateInProgress()
    {
        Assert.Equal(0x26, Read(0x0A));
        _clock.Advance(Second - 1_000_000);
        Assert.Equal(0xA6, Read(0x0A));
    }

    [Fact]
    public void ReadByte_MemorySize_IsTheMachines()
    {
        Assert.Equal(640, Read(0x15) | (Read(0x16) << 8));
        Assert.Equal((48 << 20) >> 16, Read(0x34) | (Read(0x35) << 8));
    }

    [Fact]
    public void Restore_PendingAlarm_FiresThere()
    {
        Write(1, 0x05);
        Write(3, 0xFF);
        Write(5, 0xFF);
        Write(0x0B, 0x22);
        _clock.Advance(3 * Second);
        using VmClock clock = VmClock.CreateManual();
        clock.Set(_clock.Now);
        RecordingLine line = new();
        CmosRtc copy = new(clock, line, 0, 1 << 20, 0);
        SavedStates.Copy(_rtc, copy);
        Assert.Equal(SavedStates.Save(_rtc), SavedStates.Save(copy));
        clock.Advance(12 * Second);
        Assert.True(line.Asserted);
    }

    private byte[] ReadTime() => [Read(0), Read(2), Read(4), Read(7), Read(8), Read(9), Read(0x32)];

    private byte Read(byte index)
    {
        _rtc.WritePort(0x70, 1, index);
        return (byte)_rtc.ReadPort(0x71, 1);
    }

    private void Write(byte index, byte value)
    {
        _rtc.WritePort(0x70, 1, index);
        _rtc.WritePort(0x71, 1, value);
    }
}
