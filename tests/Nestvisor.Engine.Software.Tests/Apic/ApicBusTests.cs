using Nestvisor.Engine.Software.Apic;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class ApicBusTests
{
    [Theory]
    [InlineData(0x0000_0044u, 2u, "2")]
    [InlineData(0x0000_0044u, 0u, "0")]
    [InlineData(0x0000_0044u, 9u, "")]
    [InlineData(0x0000_0044u, 0xFFu, "0123")]
    [InlineData(0x0004_0044u, 2u, "0")]
    [InlineData(0x0008_0044u, 2u, "0123")]
    [InlineData(0x000C_0044u, 2u, "123")]
    [InlineData(0x0000_0844u, 0x5u, "02")]
    [InlineData(0x0000_0844u, 0xFFu, "0123")]
    [InlineData(0x0000_0844u, 0xF0u, "")]
    public void Command_FixedInFlatModel_ReachesWhomItNames(uint command, uint destination, string targets)
    {
        using ApicFixture f = new(4);
        for (int i = 0; i < 4; i++)
        {
            f.Apics[i].Write(ApicRegister.LogicalDestination, 4, 1u << (24 + i));
        }

        ApicFixture.SendIpi(f.Apic, destination, command);
        Assert.Equal(targets, Reached(f));
        Assert.Equal(command, ApicFixture.Read(f.Apic, ApicRegister.InterruptCommand));
    }

    [Theory]
    [InlineData(0x11u, "0")]
    [InlineData(0x13u, "01")]
    [InlineData(0x21u, "2")]
    [InlineData(0x23u, "23")]
    [InlineData(0x31u, "")]
    [InlineData(0xFFu, "0123")]
    public void Command_ClusterModel_MatchesClusterAndMember(uint destination, string targets)
    {
        using ApicFixture f = new(4);
        for (int i = 0; i < 4; i++)
        {
            f.Apics[i].Write(ApicRegister.DestinationFormat, 4, 0);
            f.Apics[i].Write(ApicRegister.LogicalDestination, 4, (0x10u + (0x10u * ((uint)i / 2)) + (1u << (i & 1))) << 24);
        }

        ApicFixture.SendIpi(f.Apic, destination, 0x844);
        Assert.Equal(targets, Reached(f));
    }

    [Theory]
    [InlineData(0x44UL, 18UL, "18")]
    [InlineData(0x44UL, 0xFFUL, "")]
    [InlineData(0x844UL, 0x0001_0005UL, "1618")]
    [InlineData(0x844UL, 0x0000_8001UL, "015")]
    public void Command_X2Apic_Has32BitDestinations(ulong command, ulong destination, string targets)
    {
        using ApicFixture f = new(20);
        foreach (LocalApic apic in f.Apics)
        {
            ApicFixture.EnterX2Apic(apic);
        }

        Assert.True(f.Apic.TryWriteMsr(0x830, (destination << 32) | command));
        Assert.Equal(targets, Reached(f));
    }

    [Theory]
    [InlineData(0x44UL)]
    [InlineData(0x844UL)]
    public void Command_X2ApicBroadcast_ReachesAll(ulong command)
    {
        using ApicFixture f = new(3);
        foreach (LocalApic apic in f.Apics)
        {
            ApicFixture.EnterX2Apic(apic);
        }

        Assert.True(f.Apic.TryWriteMsr(0x830, 0xFFFF_FFFF_0000_0000 | command));
        Assert.Equal("012", Reached(f));
    }

    [Fact]
    public void Command_LowestPriority_ChoosesTheLeastBusy()
    {
        using ApicFixture f = new(3);
        f.Apics[0].Cr8 = 5;
        f.Apics[2].Cr8 = 2;
        f.Apics[1].Post(0xA0, level: false);
        f.Apics[1].Acknowledge();
        ApicFixture.SendIpi(f.Apic, 0xFF, 0x1F0);
        Assert.Equal(0xF0, f.Apics[2].PeekVector());
        Assert.Equal(-1, f.Apics[0].PeekVector());
        Assert.Equal(-1, f.Apics[1].PeekVector());
    }

    [Fact]
    public void Message_LowestPriorityAmongEquals_GoesRound()
    {
        using ApicFixture f = new(2);
        int[] hits = new int[2];
        for (int i = 0; i < 100; i++)
        {
            f.Bus.Send(MsiMessage.Create(0xFF, logical: false, 0x60, 1, levelTriggered: false));
            for (int j = 0; j < 2; j++)
            {
                hits[j] += ApicFixture.Drain(f.Apics[j]).Count;
            }
        }

        Assert.Equal([50, 50], hits);
    }

    [Fact]
    public void Command_InitAndStartUp_ArePostedInOrder()
    {
        using ApicFixture f = new(2);
        ApicFixture.SendIpi(f.Apic, 1, 0x0000_C500);
        ApicFixture.SendIpi(f.Apic, 1, 0x0000_8500);
        ApicFixture.SendIpi(f.Apic, 1, 0x0000_069F);
        Assert.False(f.Apics[0].HasEvents);
        ApicEvents events = f.Apics[1].TakeEvents();
        Assert.True(events.Init);
        Assert.True(events.StartUp);
        Assert.Equal(0x9F, events.StartUpVector);
        Assert.True(f.Apics[1].TakeEvents().IsEmpty);
    }

    [Fact]
    public void Command_InitAfterStartUp_DropsTheStartUp()
    {
        using ApicFixture f = new(2);
        ApicFixture.SendIpi(f.Apic, 1, 0x0000_069F);
        ApicFixture.SendIpi(f.Apic, 1, 0x0000_4500);
        ApicEvents events = f.Apics[1].TakeEvents();
        Assert.True(events.Init);
        Assert.False(events.StartUp);
    }

    [Fact]
    public void Command_InitLevelDeassert_IsIgnored()
    {
        using ApicFixture f = new(2);
        ApicFixture.SendIpi(f.Apic, 0, 0x0008_8500);
        Assert.False(f.Apics[0].HasEvents);
        Assert.False(f.Apics[1].HasEvents);
    }

    [Fact]
    public void Command_NmiAndInit_ReachSoftwareDisabledApics()
    {
        using ApicFixture f = new(2, enabled: false);
        ApicFixture.SendIpi(f.Apic, 1, 0x400);
        Assert.Equal(1, f.Apics[1].TakeEvents().NmiCount);
        ApicFixture.SendIpi(f.Apic, 1, 0x4500);
        Assert.True(f.Apics[1].TakeEvents().Init);
    }

    [Fact]
    public void Command_SelfShorthand_TakesNmiAndInitButNoStartUp()
    {
        using ApicFixture f = new();
        ApicFixture.SendIpi(f.Apic, 0, 0x0004_0400);
        Assert.Equal(1, f.Apic.TakeEvents().NmiCount);
        ApicFixture.SendIpi(f.Apic, 0, 0x0004_4500);
        Assert.True(f.Apic.TakeEvents().Init);
        ApicFixture.SendIpi(f.Apic, 0, 0x0004_0600);
        Assert.False(f.Apic.HasEvents);
    }

    [Fact]
    public void Message_Modes_ArriveAsWhatTheyAre()
    {
        using ApicFixture f = new(2);
        f.Bus.Send(MsiMessage.Create(1, logical: false, 0x71, 0, levelTriggered: true));
        Assert.Equal(1u << 17, ApicFixture.Read(f.Apics[1], ApicRegister.TriggerMode + 0x30));
        f.Bus.Send(new MsiMessage(0xFEE0_1000, 0x8072));
        Assert.Equal([0x71], ApicFixture.Drain(f.Apics[1]));
        f.Bus.Send(MsiMessage.Create(1, logical: false, 0, 4, levelTriggered: false));
        Assert.Equal(1, f.Apics[1].TakeEvents().NmiCount);
        f.Bus.Send(MsiMessage.Create(1, logical: false, 0, 2, levelTriggered: false));
        Assert.True(f.Apics[1].TakeEvents().Smi);
        f.Bus.Send(MsiMessage.Create(1, logical: false, 0, 3, levelTriggered: false));
        Assert.False(f.Apics[1].HasEvents);
        f.Bus.Send(MsiMessage.Create(1, logical: false, 0, 7, levelTriggered: false));
        Assert.True(f.Apics[1].HasExternalInterrupt);
        f.Apics[1].ExternalInterruptAcknowledged();
        Assert.False(f.Apics[1].HasPendingInterrupt);
    }

    [Fact]
    public void Message_EightBitBroadcast_ReachesX2ApicsToo()
    {
        using ApicFixture f = new(2);
        ApicFixture.EnterX2Apic(f.Apics[1]);
        f.Bus.Send(MsiMessage.Create(0xFF, logical: false, 0x44, 0, levelTriggered: false));
        Assert.Equal("01", Reached(f));
        f.Bus.Send(MsiMessage.Create(2, logical: true, 0x44, 0, levelTriggered: false));
        Assert.Equal("1", Reached(f));
    }

    [Fact]
    public void Message_IllegalVector_IsAReceiveError()
    {
        using ApicFixture f = new();
        f.Bus.Send(MsiMessage.Create(0, logical: false, 0x0F, 0, levelTriggered: false));
        f.Apic.Write(ApicRegister.ErrorStatus, 4, 0);
        Assert.Equal(0x40u, ApicFixture.Read(f.Apic, ApicRegister.ErrorStatus));
    }

    private static string Reached(ApicFixture f)
    {
        string targets = "";
        for (int i = 0; i < f.Apics.Length; i++)
        {
            targets += ApicFixture.Drain(f.Apics[i]) is [0x44] ? i : "";
        }

        return targets;
    }
}
