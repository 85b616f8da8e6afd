using Nestvisor.Engine.Software.Apic;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class ApicTimerTests
{
    private const uint Vector = 0xEC;
    private const uint Periodic = 0x2_0000;
    private const uint Deadline = 0x4_0000;
    private const uint DivideByOne = 0xB;

    [Theory]
    [InlineData(0b0000u, 2)]
    [InlineData(0b0001u, 4)]
    [InlineData(0b0010u, 8)]
    [InlineData(0b0011u, 16)]
    [InlineData(0b1000u, 32)]
    [InlineData(0b1001u, 64)]
    [InlineData(0b1010u, 128)]
    [InlineData(0b1011u, 1)]
    public void OneShot_Divided_ExpiresAfterCountTimesDivisor(uint divide, int divisor)
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.DivideConfiguration, 4, divide);
        Assert.Equal(divide, ApicFixture.Read(f.Apic, ApicRegister.DivideConfiguration));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector);
        f.Apic.Write(ApicRegister.InitialCount, 4, 1000);
        f.Clock.Advance(400 * divisor);
        Assert.Equal(600u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Clock.Advance((600 * divisor) - 1);
        Assert.Equal(1u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Clock.Advance(1);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
        f.Clock.Advance(1_000_000);
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.Equal(1000u, ApicFixture.Read(f.Apic, ApicRegister.InitialCount));
    }

    [Fact]
    public void OneShot_RearmedOrStopped_OnlyTheLastCounts()
    {
        using ApicFixture f = Armed(Vector, 1000);
        f.Clock.Advance(900);
        f.Apic.Write(ApicRegister.InitialCount, 4, 1000);
        f.Clock.Advance(999);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Write(ApicRegister.InitialCount, 4, 0);
        f.Clock.Advance(10_000);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Write(ApicRegister.InitialCount, 4, 5);
        f.Clock.Advance(5);
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void OneShot_MaskedAtExpiry_InterruptIsLost()
    {
        using ApicFixture f = Armed(Vector | 0x1_0000, 1000);
        f.Clock.Advance(1000);
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector);
        Assert.False(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void OneShot_PolledBeforeTheClockFires_InterruptsOnce()
    {
        using ApicFixture f = Armed(Vector, 1000);
        f.Apic.Timer.Poll();
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Clock.Set(1000);
        f.Apic.Timer.Poll();
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
        f.Apic.Timer.Poll();
        f.Clock.Advance(5000);
        Assert.False(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void Periodic_Acknowledged_EachPeriodInterruptsWithoutDrift()
    {
        using ApicFixture f = Armed(Vector | Periodic, 1_000_000);
        int seen = 0;
        for (int i = 0; i < 3000; i++)
        {
            f.Clock.Advance(333_333);
            seen += ApicFixture.Drain(f.Apic).Count;
        }

        Assert.Equal(333_333 * 3000L / 1_000_000, seen);
        Assert.Equal(1_000_000_000, f.Apic.Timer.NextExpiry);
    }

    [Fact]
    public void Periodic_ClockJumps_MissedPeriodsAreOneInterruptAndThePhaseStays()
    {
        using ApicFixture f = Armed(Vector | Periodic, 1_000_000);
        f.Clock.Set(123_456_789);
        f.Apic.Timer.Poll();
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
        Assert.Equal(124_000_000, f.Apic.Timer.NextExpiry);
        Assert.Equal(124_000_000u - 123_456_789u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
    }

    [Fact]
    public void Periodic_OfOneTick_DoesNotStorm()
    {
        using ApicFixture f = Armed(Vector | Periodic, 1);
        int before = f.Wakes;
        int seen = 0;
        for (int i = 0; i < 100; i++)
        {
            f.Clock.Advance(1000);
            seen += ApicFixture.Drain(f.Apic).Count;
        }

        Assert.InRange(seen, 4, 1 + (100_000 / (int)ApicTimer.ShortestPeriod));
        Assert.InRange(f.Wakes - before, seen, seen);
        Assert.Equal(1u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
    }

    [Fact]
    public void Mode_ChangedWhileCounting_OneShotAndPeriodicShareTheCount()
    {
        using ApicFixture f = Armed(Vector, 100_000);
        f.Clock.Advance(60_000);
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector | Periodic);
        Assert.Equal(40_000u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Clock.Advance(40_000 + 10_000);
        Assert.Equal(90_000u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector);
        f.Clock.Advance(90_000);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector | Periodic);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        Assert.Equal(100_000u, ApicFixture.Read(f.Apic, ApicRegister.InitialCount));
    }

    [Fact]
    public void Divider_ChangedWhileCounting_TheCountGoesOn()
    {
        using ApicFixture f = Armed(Vector, 1000);
        f.Clock.Advance(400);
        f.Apic.Write(ApicRegister.DivideConfiguration, 4, 0);
        Assert.Equal(600u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Clock.Advance(1199);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Clock.Advance(1);
        Assert.True(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void TscDeadline_Reached_InterruptsOnceAndReadsZero()
    {
        using ApicFixture f = Armed(Vector | Deadline, 0);
        f.Apic.Timer.TscOffset = 5000;
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 6000));
        Assert.Equal(6000UL, ApicFixture.ReadMsr(f.Apic, 0x6E0));
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.CurrentCount));
        f.Clock.Advance(999);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Clock.Advance(1);
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
        Assert.Equal(0UL, ApicFixture.ReadMsr(f.Apic, 0x6E0));
    }

    [Fact]
    public void TscDeadline_InThePast_InterruptsAtOnce()
    {
        using ApicFixture f = Armed(Vector | Deadline, 0);
        f.Clock.Advance(1000);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 1));
        f.Apic.Timer.Poll();
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void TscDeadline_FarAwayDisarmedOrTscMoved_Follows()
    {
        using ApicFixture f = Armed(Vector | Deadline, 0);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, ulong.MaxValue));
        f.Clock.Advance(1_000_000_000);
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 2_000_000_000));
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 0));
        f.Clock.Advance(2_000_000_000);
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 4_000_000_000));
        f.Apic.Timer.TscOffset = 999_999_999;
        f.Clock.Advance(1);
        Assert.Equal([(int)Vector], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void TscDeadline_InAnotherMode_WriteIsIgnoredAndSwitchDisarms()
    {
        using ApicFixture f = Armed(Vector, 1000);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 10));
        Assert.Equal(0UL, ApicFixture.ReadMsr(f.Apic, 0x6E0));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector | Deadline);
        f.Apic.Write(ApicRegister.InitialCount, 4, 5);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.InitialCount));
        f.Clock.Advance(2000);
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.True(f.Apic.TryWriteMsr(0x6E0, 3000));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Vector);
        f.Clock.Advance(2000);
        Assert.False(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void TscDeadline_NotAdvertised_FaultsAndItsModeBitIsReserved()
    {
        using ApicFixture f = new(tscDeadline: false);
        Assert.False(f.Apic.TryReadMsr(0x6E0, out _));
        Assert.False(f.Apic.TryWriteMsr(0x6E0, 1));
        f.Apic.Write(ApicRegister.LvtTimer, 4, Deadline | Vector);
        Assert.Equal(Vector, ApicFixture.Read(f.Apic, ApicRegister.LvtTimer));
    }

    [Fact]
    public void Timer_RearmedWithoutEnd_MemoryStaysBounded()
    {
        using ApicFixture f = Armed(Vector, 1000);
        for (int i = 0; i < 1000; i++)
        {
            f.Apic.Write(ApicRegister.InitialCount, 4, uint.MaxValue - (uint)i);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint i = 0; i < 100_000; i++)
        {
            f.Apic.Write(ApicRegister.InitialCount, 4, uint.MaxValue - i);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4096);
    }

    private static ApicFixture Armed(uint lvt, uint count)
    {
        ApicFixture f = new();
        f.Apic.Write(ApicRegister.DivideConfiguration, 4, DivideByOne);
        f.Apic.Write(ApicRegister.LvtTimer, 4, lvt);
        f.Apic.Write(ApicRegister.InitialCount, 4, count);
        return f;
    }
}
