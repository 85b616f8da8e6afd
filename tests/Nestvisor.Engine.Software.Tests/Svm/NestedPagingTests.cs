using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

public sealed class NestedPagingTests
{
    private const ulong Final = PageFaultError.NestedFinal;
    private const ulong Table = PageFaultError.NestedTable;
    private const ulong UserWrite = PageFaultError.US | PageFaultError.RW;
    private const ulong Entry = NestedGuest.NestedTable + ((NestedGuest.Data >> 12) * 8);

    [Theory]
    [InlineData(false, 0UL, PageFaultError.US)]
    [InlineData(true, 0UL, UserWrite)]
    [InlineData(true, 5UL, UserWrite | PageFaultError.P)]
    [InlineData(false, 3UL, PageFaultError.US | PageFaultError.P)]
    [InlineData(false, 7UL | (1UL << 51), PageFaultError.US | PageFaultError.P | PageFaultError.RSV)]
    public void DataAccess_NestedEntryForbids_ExitsWithAddressErrorAndBytes(bool write, ulong rights, ulong error)
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(Entry, rights == 0 ? 0 : NestedGuest.Data | rights);
        SvmExitCode code = n.Enter(a => Access(a, write));
        Assert.Equal(SvmExitCode.Npf, code);
        Assert.Equal(error | Final, n.Info1);
        Assert.Equal(NestedGuest.Data + 0x18, n.Info2);
        Assert.Equal(NestedGuest.GuestCode, n.Rip);
        Assert.Equal(15UL, n[VmcbOffsets.FetchedBytes] & 0xFF);
        Assert.Equal(n.Guest.Read(NestedGuest.GuestCode) & 0x00FF_FFFF_FFFF_FFFF, n[VmcbOffsets.FetchedBytes] >> 8);
    }

    [Fact]
    public void Fetch_NestedEntryForbidsExecution_ExitsAsFetch()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(NestedGuest.NestedDirectory + 8, NestedGuest.GuestCode | 0x87 | PageEntry.NX);
        Assert.Equal(SvmExitCode.Npf, n.Enter(a => a.hlt()));
        Assert.Equal(Final | PageFaultError.US | PageFaultError.P | PageFaultError.ID, n.Info1);
        Assert.Equal(NestedGuest.GuestCode, n.Info2);
        Assert.Equal(0UL, n[VmcbOffsets.FetchedBytes] & 0xFF);
    }

    [Fact]
    public void GuestTable_NestedEntryReadOnly_ExitsAsWriteOfTable()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(NestedGuest.NestedTable + ((BareGuest.Pml4 >> 12) * 8), BareGuest.Pml4 | 5);
        Assert.Equal(SvmExitCode.Npf, n.Enter(a => a.hlt()));
        Assert.Equal(Table | UserWrite | PageFaultError.P, n.Info1);
        Assert.Equal(BareGuest.Pml4, n.Info2 & ~0xFFFUL);
    }

    [Fact]
    public void Access_Allowed_SetsAccessedAndDirtyInBothTables()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(Entry, NestedGuest.Data | 7);
        n.Enter(a =>
        {
            Access(a, write: true);
            a.hlt();
        });
        const ulong AccessedDirty = PageEntry.A | PageEntry.D;
        Assert.Equal(SvmExitCode.Hlt, n.ExitCode);
        Assert.Equal(AccessedDirty, n.Guest.Read(Entry) & AccessedDirty);
        Assert.Equal(AccessedDirty, n.Guest.Read(BareGuest.PageDirectory) & AccessedDirty);
        Assert.Equal(PageEntry.A, n.Guest.Read(NestedGuest.NestedRoot) & PageEntry.A);
    }

    [Theory]
    [InlineData(TlbControl.DoNothing, 0UL)]
    [InlineData(TlbControl.FlushAll, 2UL)]
    [InlineData(TlbControl.FlushGuest, 2UL)]
    [InlineData(TlbControl.FlushGuestNonGlobal, 2UL)]
    public void NestedRemap_FlushedByTlbControl_GuestSeesTheNewPage(byte control, ulong seen)
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        const ulong Other = NestedGuest.Data + 0x1000;
        n.Guest.Write(NestedGuest.Data + 0x18, 1);
        n.Guest.Write(Other + 0x18, 2);
        n.Code(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            Access(a, write: false);
            NestedGuest.Vmmcall(a);
            a.jmp(again);
        });
        n.Enter();
        Assert.Equal(1UL, n[VmcbOffsets.Rax]);
        n.Guest.Write(Entry, Other | 7);
        n[VmcbOffsets.GuestAsid] = 1 | ((ulong)control << 32);
        n[VmcbOffsets.Rip] = n[VmcbOffsets.NextRip];
        n.Enter();

        // Without a flush the old translation may be used, and here it is: world switches keep the TLB.
        Assert.Equal(seen == 0 ? 1UL : seen, n[VmcbOffsets.Rax]);
    }

    [Fact]
    public void AbsentNestedPage_MadePresentWithoutFlush_IsSeen()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(Entry, 0);
        n.Guest.Write(NestedGuest.Data + 0x18, 77);
        n.Code(a =>
        {
            Access(a, write: false);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(SvmExitCode.Npf, n.Enter());
        n.Guest.Write(Entry, NestedGuest.Data | 5);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        Assert.Equal(77UL, n[VmcbOffsets.Rax]);

        // From read-only to writable.
        n.Code(a =>
        {
            Access(a, write: true);
            NestedGuest.Vmmcall(a);
        });
        n[VmcbOffsets.Rip] = NestedGuest.GuestCode;
        Assert.Equal(SvmExitCode.Npf, n.Enter());
        n.Guest.Write(Entry, NestedGuest.Data | 7);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
    }

    [Fact]
    public void OtherAsid_SameAddresses_HasItsOwnTranslations()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        const ulong Other = NestedGuest.Data + 0x1000;
        n.Guest.Write(NestedGuest.Data + 0x18, 1);
        n.Guest.Write(Other + 0x18, 2);
        n.Code(a =>
        {
            Access(a, write: false);
            NestedGuest.Vmmcall(a);
        });
        n.Enter();
        n.Guest.Write(Entry, Other | 7);
        n[VmcbOffsets.GuestAsid] = 2;
        n[VmcbOffsets.Rip] = NestedGuest.GuestCode;
        n.Enter();
        Assert.Equal(2UL, n[VmcbOffsets.Rax]);
    }

    [Fact]
    public void PageFault_InterceptedInGuest_ExitsWithoutChangingCr2()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptExceptions] |= 1 << 14;
        n[VmcbOffsets.Cr2] = 0x1111;
        SvmExitCode code = n.Enter(a => a.mov(rax, __qword_ptr[0x7000_0000]));
        Assert.Equal(SvmExitCode.Exception0 + 14, code);
        Assert.Equal(0UL, n.Info1);
        Assert.Equal(0x7000_0000UL, n.Info2);
        Assert.Equal(0x1111UL, n[VmcbOffsets.Cr2]);
    }

    [Fact]
    public void Delivery_OfInterruptThroughAbsentNestedPage_ReportsTheInterrupt()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Guest.Write(NestedGuest.NestedTable + ((BareGuest.Idt >> 12) * 8), 0);
        n.Code(a => a.@int(0x42));
        Assert.Equal(SvmExitCode.Npf, n.Enter());
        Assert.Equal(SvmEvent.Valid | SvmEvent.TypeSoftware | 0x42, n[VmcbOffsets.ExitIntInfo]);
        Assert.Equal(BareGuest.Idt + 0x420, n.Info2);
        Assert.Equal(NestedGuest.GuestCode, n.Rip);
    }

    private static void Access(Assembler a, bool write)
    {
        if (write)
        {
            a.mov(__qword_ptr[NestedGuest.Data + 0x18], rax);
        }
        else
        {
            a.mov(rax, __qword_ptr[NestedGuest.Data + 0x18]);
        }
    }
}
