using Nestvisor.Engine.Software.Apic;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class LocalApicInterruptTests
{
    [Fact]
    public void Reset_Registers_AreThoseOfTheManual()
    {
        using ApicFixture f = new(enabled: false);
        Assert.Equal(0x0005_0014u, ApicFixture.Read(f.Apic, ApicRegister.Version));
        Assert.Equal(0xFFu, ApicFixture.Read(f.Apic, ApicRegister.SpuriousVector));
        Assert.Equal(uint.MaxValue, ApicFixture.Read(f.Apic, ApicRegister.DestinationFormat));
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.LogicalDestination));
        for (uint lvt = ApicRegister.LvtTimer; lvt <= ApicRegister.LvtError; lvt += 16)
        {
            Assert.Equal(0x1_0000u, ApicFixture.Read(f.Apic, lvt));
        }
    }

    [Fact]
    public void Post_SoftwareDisabled_IsRefused()
    {
        using ApicFixture f = new(enabled: false);
        Assert.False(f.Apic.Post(0x40, level: false));
        Assert.False(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void Post_TwiceBeforeAcknowledge_IsOneInterruptAndOneWake()
    {
        using ApicFixture f = new();
        f.Wakes = 0;
        f.Apic.Post(0x40, level: false);
        f.Apic.Post(0x40, level: false);
        Assert.Equal(1, f.Wakes);
        Assert.Equal([0x40], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void Acknowledge_SeveralPending_HighestFirst()
    {
        using ApicFixture f = new();
        f.Apic.Post(0x31, level: false);
        f.Apic.Post(0xFE, level: false);
        f.Apic.Post(0x80, level: false);
        Assert.Equal([0xFE, 0x80, 0x31], ApicFixture.Drain(f.Apic));
        Assert.Equal(-1, f.Apic.Acknowledge());
    }

    [Fact]
    public void Acknowledge_SameClassInService_WaitsForEoi()
    {
        using ApicFixture f = new();
        f.Apic.Post(0x41, level: false);
        Assert.Equal(0x41, f.Apic.Acknowledge());
        Assert.Equal(0x40u, ApicFixture.Read(f.Apic, ApicRegister.ProcessorPriority));
        f.Apic.Post(0x4F, level: false);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Post(0x50, level: false);
        Assert.True(f.Apic.HasPendingInterrupt);
        Assert.Equal(0x50, f.Apic.Acknowledge());
        f.Apic.Write(ApicRegister.EndOfInterrupt, 4, 0);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Write(ApicRegister.EndOfInterrupt, 4, 0);
        Assert.True(f.Apic.HasPendingInterrupt);
        Assert.Equal(0x4F, f.Apic.Acknowledge());
    }

    [Fact]
    public void Acknowledge_MovesTheBitFromIrrToIsr()
    {
        using ApicFixture f = new();
        f.Apic.Post(0x65, level: false);
        Assert.Equal(1u << 5, ApicFixture.Read(f.Apic, ApicRegister.InterruptRequest + 0x30));
        f.Apic.Acknowledge();
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.InterruptRequest + 0x30));
        Assert.Equal(1u << 5, ApicFixture.Read(f.Apic, ApicRegister.InService + 0x30));
        f.Apic.Post(0x65, level: false);
        Assert.Equal(1u << 5, ApicFixture.Read(f.Apic, ApicRegister.InterruptRequest + 0x30));
        f.Apic.EndOfInterrupt();
        Assert.Equal([0x65], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void TaskPriority_AtOrAboveTheClass_HoldsTheInterrupt()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.TaskPriority, 4, 0x45);
        Assert.Equal(4UL, f.Apic.Cr8);
        Assert.Equal(0x45u, ApicFixture.Read(f.Apic, ApicRegister.ProcessorPriority));
        f.Apic.Post(0x4F, level: false);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Cr8 = 3;
        Assert.Equal(0x30u, ApicFixture.Read(f.Apic, ApicRegister.TaskPriority));
        Assert.True(f.Apic.HasPendingInterrupt);
        Assert.Equal(0x4F, f.Apic.PeekVector());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EndOfInterrupt_LevelTriggered_TellsTheIoApic(bool level)
    {
        using ApicFixture f = new();
        List<byte> ended = [];
        f.Apic.LevelInterruptEnded = ended.Add;
        f.Apic.Post(0x51, level: !level);
        ApicFixture.Drain(f.Apic);
        ended.Clear();
        f.Apic.Post(0x51, level);
        Assert.Equal(level ? 1u << 17 : 0, ApicFixture.Read(f.Apic, ApicRegister.TriggerMode + 0x20));
        ApicFixture.Drain(f.Apic);
        Assert.Equal(level ? [0x51] : [], ended);
        f.Apic.EndOfInterrupt();
        Assert.Equal(level ? 1 : 0, ended.Count);
    }

    [Fact]
    public void SpuriousVector_Disabled_MasksLvtAndKeepsWhatIsPending()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtError, 4, 0x33);
        f.Apic.Post(0x60, level: false);
        f.Apic.Write(ApicRegister.SpuriousVector, 4, 0xFF);
        Assert.Equal(0x1_0033u, ApicFixture.Read(f.Apic, ApicRegister.LvtError));
        f.Apic.Write(ApicRegister.LvtError, 4, 0x33);
        Assert.Equal(0x1_0033u, ApicFixture.Read(f.Apic, ApicRegister.LvtError));
        Assert.False(f.Apic.Post(0x61, level: false));
        Assert.Equal([0x60], ApicFixture.Drain(f.Apic));
        f.Apic.Accept(DeliveryMode.Nmi, 0, level: false);
        Assert.Equal(1, f.Apic.TakeEvents().NmiCount);
    }

    [Fact]
    public void ExternalInterrupt_ReachesTheProcessor_ThroughExtIntOrWithTheApicDisabled()
    {
        using ApicFixture f = new();
        f.Apic.SetExternalInterrupt(true);
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.Write(ApicRegister.LvtLint0, 4, 0x700);
        Assert.True(f.Apic.HasExternalInterrupt);
        Assert.True(f.Apic.HasPendingInterrupt);
        Assert.Equal(-1, f.Apic.PeekVector());
        f.Apic.Write(ApicRegister.LvtLint0, 4, 0x1_0700);
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.True(f.Apic.TryWriteMsr(0x1B, LocalApic.DefaultBase));
        Assert.True(f.Apic.HasPendingInterrupt);
        f.Apic.SetExternalInterrupt(false);
        Assert.False(f.Apic.HasPendingInterrupt);
        int wakes = f.Wakes;
        f.Apic.SetExternalInterrupt(true);
        Assert.Equal(wakes + 1, f.Wakes);
        Assert.True(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void ExternalInterrupt_TaskPriorityHighest_IsDeliveredStill()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtLint0, 4, 0x700);
        f.Apic.Cr8 = 15;
        f.Apic.SetExternalInterrupt(true);
        Assert.True(f.Apic.HasPendingInterrupt);
    }

    [Fact]
    public void Lint0_FixedLevel_InterruptsAgainWhileTheLineIsUp()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtLint0, 4, 0x8055);
        f.Apic.SetExternalInterrupt(true);
        Assert.Equal(0xC055u, ApicFixture.Read(f.Apic, ApicRegister.LvtLint0));
        Assert.Equal(0x55, f.Apic.Acknowledge());
        Assert.False(f.Apic.HasPendingInterrupt);
        f.Apic.EndOfInterrupt();
        Assert.Equal(0x55, f.Apic.Acknowledge());
        f.Apic.SetExternalInterrupt(false);
        f.Apic.EndOfInterrupt();
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.Equal(0x8055u, ApicFixture.Read(f.Apic, ApicRegister.LvtLint0));
    }

    [Fact]
    public void Lint0_FixedEdge_InterruptsOnceForEachEdge()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtLint0, 4, 0x55);
        f.Apic.SetExternalInterrupt(true);
        f.Apic.SetExternalInterrupt(true);
        Assert.Equal([0x55], ApicFixture.Drain(f.Apic));
        f.Apic.SetExternalInterrupt(false);
        f.Apic.SetExternalInterrupt(true);
        Assert.Equal([0x55], ApicFixture.Drain(f.Apic));
    }

    [Fact]
    public void Lint1_NmiMode_PostsOneNmiAnEdge()
    {
        using ApicFixture f = new();
        f.Apic.RaiseLint1();
        Assert.False(f.Apic.HasEvents);
        f.Apic.Write(ApicRegister.LvtLint1, 4, 0x400);
        f.Apic.RaiseLint1();
        Assert.True(f.Apic.HasEvents);
        Assert.Equal(1, f.Apic.TakeEvents().NmiCount);
        Assert.False(f.Apic.HasEvents);
    }

    [Fact]
    public void Nmi_MoreThanTwo_TwoAreKept()
    {
        using ApicFixture f = new();
        for (int i = 0; i < 5; i++)
        {
            f.Apic.PostNmi();
        }

        Assert.Equal(2, f.Apic.TakeEvents().NmiCount);
    }

    [Fact]
    public void LocalSources_Unmasked_PostTheirVectors()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtThermal, 4, 0xF1);
        f.Apic.Write(ApicRegister.LvtPerformance, 4, 0xE1);
        f.Apic.RaiseThermal();
        f.Apic.RaisePerformance();
        Assert.Equal([0xF1, 0xE1], ApicFixture.Drain(f.Apic));
        f.Apic.Write(ApicRegister.LvtPerformance, 4, 0x400);
        f.Apic.RaisePerformance();
        Assert.Equal(1, f.Apic.TakeEvents().NmiCount);
    }

    [Fact]
    public void Error_IllegalVectors_ShowInEsrAfterAWriteAndInterruptOnce()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtError, 4, 0xEE);
        f.Apic.Post(5, level: false);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.ErrorStatus));
        ApicFixture.SendIpi(f.Apic, 0, 0x07);
        f.Apic.Read(0x400, 4);
        Assert.Equal([0xEE], ApicFixture.Drain(f.Apic));
        f.Apic.Write(ApicRegister.ErrorStatus, 4, 0);
        Assert.Equal(0x40u | 0x20 | 0x80, ApicFixture.Read(f.Apic, ApicRegister.ErrorStatus));
        f.Apic.Write(ApicRegister.ErrorStatus, 4, 0);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.ErrorStatus));
    }

    [Fact]
    public void Error_IllegalVectorInTheErrorEntryItself_DoesNotRecur()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.LvtError, 4, 0x0E);
        f.Apic.Post(5, level: false);
        Assert.False(f.Apic.HasPendingInterrupt);
    }

    [Theory]
    [InlineData(0x80u, 4, 0x67UL)]
    [InlineData(0x80u, 1, 0x67UL)]
    [InlineData(0x30u, 2, 0x0014UL)]
    [InlineData(0x32u, 2, 0x0005UL)]
    [InlineData(0x32u, 4, 0UL)]
    [InlineData(0x34u, 4, 0UL)]
    [InlineData(0x30u, 8, 0UL)]
    public void Read_PartsOfARegister_AreItsBytes(uint offset, int size, ulong expected)
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.TaskPriority, 4, 0x67);
        Assert.Equal(expected, f.Apic.Read(offset, size));
    }

    [Fact]
    public void Write_NotAligned32Bits_IsIgnored()
    {
        using ApicFixture f = new();
        f.Apic.Write(ApicRegister.TaskPriority, 1, 0x67);
        f.Apic.Write(ApicRegister.TaskPriority + 4, 4, 0x67);
        f.Apic.Write(ApicRegister.TaskPriority, 8, 0x67);
        Assert.Equal(0u, ApicFixture.Read(f.Apic, ApicRegister.TaskPriority));
    }

    [Fact]
    public void Write_ReadOnlyRegister_ChangesNothingAndIsNoError()
    {
        using ApicFixture f = new(2);
        f.Apics[1].Write(ApicRegister.Id, 4, 0x0700_0000);
        f.Apics[1].Write(ApicRegister.Version, 4, 0);
        f.Apics[1].Write(ApicRegister.ErrorStatus, 4, 0);
        Assert.Equal(0x0100_0000u, ApicFixture.Read(f.Apics[1], ApicRegister.Id));
        Assert.Equal(0u, ApicFixture.Read(f.Apics[1], ApicRegister.ErrorStatus));
    }
}
