using Nestvisor.Engine.Software.Apic;

namespace Nestvisor.Engine.Software.Tests.Apic;

public sealed class LocalApicBaseTests
{
    private const ulong Page = LocalApic.DefaultBase;
    private const ulong XApic = Page | ApicFixture.Enable;
    private const ulong X2Apic = XApic | ApicFixture.Extended;

    [Fact]
    public void Base_AfterReset_IsEnabledAndNamesTheBootstrapProcessor()
    {
        using ApicFixture f = new(2);
        Assert.Equal(XApic | 0x100, ApicFixture.ReadMsr(f.Apics[0], 0x1B));
        Assert.Equal(XApic, ApicFixture.ReadMsr(f.Apics[1], 0x1B));
        Assert.True(f.Apic.Claims(0xFEE0_0FFF));
        Assert.False(f.Apic.Claims(0xFEE0_1000));
    }

    [Theory]
    [InlineData(XApic, XApic, true)]
    [InlineData(XApic, X2Apic, true)]
    [InlineData(XApic, Page, true)]
    [InlineData(XApic, Page | ApicFixture.Extended, false)]
    [InlineData(Page, XApic, true)]
    [InlineData(Page, X2Apic, false)]
    [InlineData(Page, Page | ApicFixture.Extended, false)]
    [InlineData(X2Apic, XApic, false)]
    [InlineData(X2Apic, Page, true)]
    [InlineData(X2Apic, X2Apic, true)]
    [InlineData(X2Apic, Page | ApicFixture.Extended, false)]
    [InlineData(XApic, XApic | 1, false)]
    [InlineData(XApic, XApic | 0x200, false)]
    [InlineData(XApic, XApic | (1UL << 40), false)]
    [InlineData(XApic, XApic | (1UL << 39), true)]
    public void Base_Transition_FollowsTheManual(ulong from, ulong to, bool allowed)
    {
        using ApicFixture f = new();
        Assert.True(f.Apic.TryWriteMsr(0x1B, from));
        Assert.Equal(allowed, f.Apic.TryWriteMsr(0x1B, to));
        Assert.Equal((allowed ? to : from) | 0x100, ApicFixture.ReadMsr(f.Apic, 0x1B));
    }

    [Fact]
    public void Base_X2ApicNotAdvertised_ItsBitIsReserved()
    {
        using ApicFixture f = new(x2Apic: false);
        Assert.False(f.Apic.TryWriteMsr(0x1B, X2Apic));
    }

    [Fact]
    public void Base_Moved_ThePageMoves()
    {
        using ApicFixture f = new();
        Assert.True(f.Apic.TryWriteMsr(0x1B, 0xD000_0800));
        Assert.True(f.Apic.Claims(0xD000_0020));
        Assert.False(f.Apic.Claims(Page));
    }

    [Fact]
    public void Base_DisabledAndEnabledAgain_KeepsTheIdAndResetsTheRest()
    {
        using ApicFixture f = new(4);
        LocalApic apic = f.Apics[3];
        apic.Post(0x40, level: false);
        apic.Acknowledge();
        apic.Post(0x70, level: false);
        apic.Write(ApicRegister.TaskPriority, 4, 0x20);
        apic.Write(ApicRegister.LvtTimer, 4, 0x2_0050);
        apic.Write(ApicRegister.InitialCount, 4, 1000);
        Assert.True(apic.TryWriteMsr(0x1B, Page));
        Assert.Equal(ApicMode.Disabled, apic.Mode);
        Assert.False(apic.Claims(Page));
        Assert.False(apic.HasPendingInterrupt);
        Assert.False(apic.Accept(DeliveryMode.Nmi, 0, level: false));
        Assert.True(apic.TryWriteMsr(0x1B, XApic));
        f.Clock.Advance(1_000_000);
        Assert.Equal(0x0300_0000u, ApicFixture.Read(apic, ApicRegister.Id));
        Assert.Equal(0xFFu, ApicFixture.Read(apic, ApicRegister.SpuriousVector));
        Assert.Equal(0u, ApicFixture.Read(apic, ApicRegister.TaskPriority));
        Assert.Equal(0u, ApicFixture.Read(apic, ApicRegister.InService + 0x20));
        Assert.Equal(0u, ApicFixture.Read(apic, ApicRegister.InterruptRequest + 0x30));
        Assert.Equal(0u, ApicFixture.Read(apic, ApicRegister.InitialCount));
        Assert.False(apic.HasPendingInterrupt);

        apic.Write(ApicRegister.SpuriousVector, 4, 0x1FF);
        ApicFixture.SendIpi(f.Apic, 3, 0x44);
        Assert.Equal([0x44], ApicFixture.Drain(apic));
    }

    [Fact]
    public void Base_X2ApicThroughDisabledToXApic_KeepsTheId()
    {
        using ApicFixture f = new(3);
        LocalApic apic = f.Apics[2];
        ApicFixture.EnterX2Apic(apic);
        Assert.Equal(2UL, ApicFixture.ReadMsr(apic, 0x802));
        Assert.True(apic.TryWriteMsr(0x1B, Page));
        Assert.False(apic.TryReadMsr(0x802, out _));
        Assert.True(apic.TryWriteMsr(0x1B, XApic));
        Assert.Equal(0x0200_0000u, ApicFixture.Read(apic, ApicRegister.Id));
        Assert.Equal(0u, ApicFixture.Read(apic, ApicRegister.LogicalDestination));
    }

    [Fact]
    public void X2Apic_Entered_KeepsPendingAndDerivesTheLogicalId()
    {
        using ApicFixture f = new(20);
        LocalApic apic = f.Apics[18];
        apic.Post(0x40, level: false);
        ApicFixture.EnterX2Apic(apic);
        Assert.False(apic.Claims(Page));
        Assert.Equal(0x0001_0004UL, ApicFixture.ReadMsr(apic, 0x80D));
        Assert.Equal(0x1FFUL, ApicFixture.ReadMsr(apic, 0x80F));
        Assert.Equal([0x40], ApicFixture.Drain(apic));
    }

    [Theory]
    [InlineData(0x802u, false)]
    [InlineData(0x803u, false)]
    [InlineData(0x808u, true)]
    [InlineData(0x80Au, false)]
    [InlineData(0x80Du, false)]
    [InlineData(0x80Fu, true)]
    [InlineData(0x810u, false)]
    [InlineData(0x81Fu, false)]
    [InlineData(0x827u, false)]
    [InlineData(0x828u, true)]
    [InlineData(0x830u, true)]
    [InlineData(0x832u, true)]
    [InlineData(0x837u, true)]
    [InlineData(0x838u, true)]
    [InlineData(0x839u, false)]
    [InlineData(0x83Eu, true)]
    public void X2ApicMsr_Register_ReadsAndIsWrittenAsItsAccessSays(uint msr, bool writable)
    {
        using ApicFixture f = new();
        ApicFixture.EnterX2Apic(f.Apic);
        ApicFixture.ReadMsr(f.Apic, msr);
        ulong legal = msr is 0x830 ? 0x4040u : 0;
        Assert.Equal(writable, f.Apic.TryWriteMsr(msr, legal));
        if (msr != 0x830)
        {
            Assert.False(f.Apic.TryWriteMsr(msr, 1UL << 32));
        }
    }

    [Theory]
    [InlineData(0x800u)]
    [InlineData(0x801u)]
    [InlineData(0x809u)]
    [InlineData(0x80Bu)]
    [InlineData(0x80Cu)]
    [InlineData(0x80Eu)]
    [InlineData(0x829u)]
    [InlineData(0x831u)]
    [InlineData(0x83Au)]
    [InlineData(0x83Fu)]
    [InlineData(0x8FFu)]
    public void X2ApicMsr_ReservedOrWriteOnly_ReadFaults(uint msr)
    {
        using ApicFixture f = new();
        ApicFixture.EnterX2Apic(f.Apic);
        Assert.False(f.Apic.TryReadMsr(msr, out _));
        if (msr is not 0x80B and not 0x83F)
        {
            Assert.False(f.Apic.TryWriteMsr(msr, 0));
        }
    }

    [Theory]
    [InlineData(0x808u, 0x100UL)]
    [InlineData(0x80Bu, 1UL)]
    [InlineData(0x80Fu, 0x1000UL)]
    [InlineData(0x828u, 1UL)]
    [InlineData(0x830u, 0x100000UL)]
    [InlineData(0x832u, 0x100UL)]
    [InlineData(0x835u, 0x800UL)]
    [InlineData(0x837u, 0x2_0000UL)]
    [InlineData(0x83Eu, 4UL)]
    [InlineData(0x83Fu, 0x100UL)]
    public void X2ApicMsr_ReservedBits_WriteFaults(uint msr, ulong value)
    {
        using ApicFixture f = new();
        ApicFixture.EnterX2Apic(f.Apic);
        Assert.False(f.Apic.TryWriteMsr(msr, value));
    }

    [Fact]
    public void X2ApicMsr_InXApicMode_Faults()
    {
        using ApicFixture f = new();
        Assert.False(f.Apic.TryReadMsr(0x802, out _));
        Assert.False(f.Apic.TryWriteMsr(0x808, 0));
    }

    [Fact]
    public void X2ApicMsr_TaskPriorityEoiAndSelfIpi_Work()
    {
        using ApicFixture f = new();
        ApicFixture.EnterX2Apic(f.Apic);
        Assert.True(f.Apic.TryWriteMsr(0x83F, 0x52));
        Assert.True(f.Apic.TryWriteMsr(0x808, 0x50));
        Assert.False(f.Apic.HasPendingInterrupt);
        Assert.True(f.Apic.TryWriteMsr(0x808, 0x40));
        Assert.Equal(0x52, f.Apic.Acknowledge());
        Assert.Equal(1UL << 18, ApicFixture.ReadMsr(f.Apic, 0x812));
        Assert.True(f.Apic.TryWriteMsr(0x80B, 0));
        Assert.Equal(0UL, ApicFixture.ReadMsr(f.Apic, 0x812));
        Assert.True(f.Apic.TryWriteMsr(0x83F, 3));
        Assert.True(f.Apic.TryWriteMsr(0x828, 0));
        Assert.Equal(0x20UL, ApicFixture.ReadMsr(f.Apic, 0x828));
    }

    [Fact]
    public void Init_KeepsIdBaseAndMode()
    {
        using ApicFixture f = new(2);
        LocalApic apic = f.Apics[1];
        ApicFixture.EnterX2Apic(apic);
        apic.Post(0x40, level: false);
        apic.Init();
        Assert.Equal(ApicMode.X2Apic, apic.Mode);
        Assert.Equal(1UL, ApicFixture.ReadMsr(apic, 0x802));
        Assert.Equal(2UL, ApicFixture.ReadMsr(apic, 0x80D));
        Assert.Equal(0xFFUL, ApicFixture.ReadMsr(apic, 0x80F));
        Assert.False(apic.HasPendingInterrupt);
        apic.Reset();
        Assert.Equal(ApicMode.XApic, apic.Mode);
    }
}
