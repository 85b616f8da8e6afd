using Nestvisor.Engine.Software.Apic;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class LocalApicStateTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void State_SavedAndRestored_RunsOnIdentically(bool x2Apic)
    {
        using ApicFixture a = new(2);
        LocalApic apic = a.Apics[1];
        apic.Write(ApicRegister.LogicalDestination, 4, 0x0800_0000);
        apic.Write(ApicRegister.DivideConfiguration, 4, 0x1);
        apic.Write(ApicRegister.LvtTimer, 4, 0x2_00EC);
        apic.Write(ApicRegister.LvtError, 4, 0x00FE);
        apic.Write(ApicRegister.LvtLint0, 4, 0x1_0700);
        apic.Write(ApicRegister.InitialCount, 4, 25_000);
        if (x2Apic)
        {
            ApicFixture.EnterX2Apic(apic);
        }

        apic.Post(0x41, level: true);
        apic.Acknowledge();
        apic.Post(0x38, level: true);
        apic.Post(0x99, level: false);
        apic.Post(3, level: false);
        apic.PostNmi();
        apic.Cr8 = 2;
        a.Clock.Advance(30_333);

        byte[] page = new byte[LocalApic.PageBytes];
        apic.SavePage(page);
        StateWriter extra = new();
        apic.SaveExtra(extra);

        using ApicFixture b = new(2);
        b.Clock.Set(a.Clock.Now);
        LocalApic copy = b.Apics[1];
        copy.Restore(page, apic.Base, apic.Timer.TscDeadline);
        copy.RestoreExtra(new StateReader(extra.Written));

        byte[] again = new byte[LocalApic.PageBytes];
        copy.SavePage(again);
        Assert.Equal(page, again);
        Assert.Equal(apic.Base, copy.Base);
        Assert.Equal(apic.Timer.NextExpiry, copy.Timer.NextExpiry);
        List<byte> ended = [];
        copy.LevelInterruptEnded = ended.Add;
        Assert.Equal(1, copy.TakeEvents().NmiCount);
        Assert.Equal([0xFE, 0x99], ApicFixture.Drain(copy));
        copy.EndOfInterrupt();
        Assert.Equal([0x41], ended.ToArray());
        Assert.Equal([0x38], ApicFixture.Drain(copy));
        b.Clock.Advance(100_000 - 30_333 - 1);
        Assert.False(copy.HasPendingInterrupt);
        b.Clock.Advance(1);
        Assert.Equal([0xEC], ApicFixture.Drain(copy));
    }

    [Fact]
    public void State_PageAlone_RestoresTimerFromItsCount()
    {
        using ApicFixture a = new();
        a.Apic.Write(ApicRegister.DivideConfiguration, 4, 0xB);
        a.Apic.Write(ApicRegister.LvtTimer, 4, 0x40);
        a.Apic.Write(ApicRegister.InitialCount, 4, 5000);
        a.Clock.Advance(2000);
        byte[] page = new byte[LocalApic.PageBytes];
        a.Apic.SavePage(page);
        using ApicFixture b = new();
        b.Apic.Restore(page, a.Apic.Base, 0);
        b.Clock.Advance(2999);
        Assert.False(b.Apic.HasPendingInterrupt);
        b.Clock.Advance(1);
        Assert.Equal([0x40], ApicFixture.Drain(b.Apic));
    }

    [Fact]
    public void State_TscDeadline_IsArmedAgain()
    {
        using ApicFixture a = new();
        a.Apic.Write(ApicRegister.LvtTimer, 4, 0x4_0040);
        a.Apic.TryWriteMsr(0x6E0, 7000);
        byte[] page = new byte[LocalApic.PageBytes];
        a.Apic.SavePage(page);
        using ApicFixture b = new();
        b.Apic.Restore(page, a.Apic.Base, a.Apic.Timer.TscDeadline);
        b.Clock.Advance(7000);
        Assert.Equal([0x40], ApicFixture.Drain(b.Apic));
    }

    [Fact]
    public void State_ImpossibleBase_IsRefused()
    {
        using ApicFixture a = new();
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => a.Apic.Restore(new byte[1024], 0xFEE0_0400, 0));
        Assert.Contains("IA32_APIC_BASE", error.Message);
    }
}
