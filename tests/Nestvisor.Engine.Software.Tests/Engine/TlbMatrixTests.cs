using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>
/// A table entry changes under a cached translation. What a flush names has to be seen; what needs no flush is seen anyway; what
/// was not flushed may be old or new, and nothing else.
/// </summary>
public sealed unsafe class TlbMatrixTests
{
    private const ulong Page = 0x60_0000;
    private const ulong OtherPage = 0x60_9000;
    private const ulong OldFrame = 0x70_0000;
    private const ulong NewFrame = 0x70_1000;
    private const ulong OldValue = 0x1111;
    private const ulong NewValue = 0x2222;
    private const ulong Faulted = 0xFAFA;
    private const ulong Global = 0x100;

    /// <summary>How the entry changes.</summary>
    public enum Change
    {
        AbsentToPresent,
        ReadOnlyToWritable,
        WritableToReadOnly,
        PresentToAbsent,
        OtherFrame,
        LargeToSmall,
        AccessedAndDirtyCleared,
    }

    /// <summary>What is flushed between the change and the next access.</summary>
    public enum Flush
    {
        None,
        Page,
        WrongPage,
        Cr3,
        Cr4,
    }

    public static MatrixTheoryData<Change, Flush> Matrix { get; } = new(Enum.GetValues<Change>(), Enum.GetValues<Flush>());

    [Theory]
    [MemberData(nameof(Matrix))]
    public void GuestTable_EntryChanges_NextAccessFindsWhatFlushAllows(Change change, Flush flush)
    {
        foreach (bool global in (ReadOnlySpan<bool>)[false, true])
        {
            (ulong seen, ulong entry) = RunGuest(change, flush, global);
            bool required = change is Change.AbsentToPresent or Change.ReadOnlyToWritable
                || flush is Flush.Page or Flush.Cr4
                || (flush == Flush.Cr3 && !global);
            (ulong old, ulong now) = Outcomes(change);
            if (required)
            {
                Assert.Equal((global, now), (global, seen));
            }
            else
            {
                Assert.True(seen == old || seen == now, $"{seen:X}");
            }

            if (change == Change.AccessedAndDirtyCleared && required)
            {
                Assert.Equal(0x60UL, entry & 0x60);
            }
        }
    }

    [Fact]
    public void AddressSpaces_WithPcid_KeepTheirEntriesApart()
    {
        using BareGuest guest = new();
        guest.Map(Page, OldFrame);
        CopyTables(guest, 0x12_0000);
        guest.Write(0x12_3000 + (((Page >> 12) & 511) * 8), NewFrame | 7);
        guest.Write(OldFrame, OldValue);
        guest.Write(NewFrame, NewValue);
        guest.Run(a =>
        {
            a.mov(rax, cr4);
            a.or(eax, (int)Cr4.PCIDE);
            a.mov(cr4, rax);
            a.mov(ecx, 100);
            a.xor(ebx, ebx);
            a.xor(esi, esi);
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.mov(rax, BareGuest.Pml4 | 1 | (1UL << 63));
            a.mov(cr3, rax);
            a.add(rbx, __qword_ptr[Page]);
            a.mov(rax, 0x12_0000 | 2 | (1UL << 63));
            a.mov(cr3, rax);
            a.add(rsi, __qword_ptr[Page]);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        ulong[] gpr = guest.Processor.GetState().Gpr;
        Assert.Equal((100 * OldValue, 100 * NewValue), (gpr[3], gpr[6]));
    }

    /// <summary>How L1 tells of a change of its nested tables.</summary>
    public enum NestedFlush
    {
        None,
        FlushAll,
        FlushGuest,
        InvlpgaNamed,
        InvlpgaWrongAsid,
        NewAsid,
    }

    public static MatrixTheoryData<Change, NestedFlush> NestedMatrix { get; } = new(
        [Change.AbsentToPresent, Change.ReadOnlyToWritable, Change.WritableToReadOnly, Change.PresentToAbsent, Change.OtherFrame, Change.LargeToSmall],
        Enum.GetValues<NestedFlush>());

    [Theory]
    [MemberData(nameof(NestedMatrix))]
    public void NestedTable_EntryChanges_NextAccessFindsWhatFlushAllows(Change change, NestedFlush flush)
    {
        bool write = change is Change.ReadOnlyToWritable or Change.WritableToReadOnly;
        using NestedGuest n = new(beforeEntry: a =>
        {
            if (flush is NestedFlush.InvlpgaNamed or NestedFlush.InvlpgaWrongAsid)
            {
                a.mov(eax, (uint)Page);
                a.mov(ecx, flush == NestedFlush.InvlpgaNamed ? 1 : 9);
                a.db(0x0F, 0x01, 0xDF);
            }
        });
        n.UseNestedPaging();
        ulong table = 0x4_8000;
        ulong directory = NestedGuest.NestedDirectory + ((Page >> 21) * 8);
        for (ulong i = 0; i < 512; i++)
        {
            n.Guest.Write(table + (i * 8), (Page + (i << 12)) | 7);
        }

        ulong entry = table + (((Page >> 12) & 511) * 8);
        n.Guest.Write(Page, OldValue);
        n.Guest.Write(NewFrame, NewValue);
        if (change != Change.LargeToSmall)
        {
            n.Guest.Write(directory, table | 7);
        }

        (ulong before, ulong after) = Entries(change, Page);
        n.Guest.Write(entry, before);
        n.Code(a =>
        {
            a.mov(edx, (uint)NewValue);
            Access(a, write);
            NestedGuest.Vmmcall(a);
        });
        SvmExitCode first = n.Enter();
        Assert.Equal(change is Change.AbsentToPresent or Change.ReadOnlyToWritable ? SvmExitCode.Npf : SvmExitCode.Vmmcall, first);
        n.Guest.Write(Page, OldValue);
        n.Guest.Write(entry, after);
        n.Guest.Write(directory, table | 7);
        n[VmcbOffsets.Rip] = NestedGuest.GuestCode;
        n[VmcbOffsets.GuestAsid] = flush switch
        {
            NestedFlush.FlushAll => 1 | ((ulong)TlbControl.FlushAll << 32),
            NestedFlush.FlushGuest => 1 | ((ulong)TlbControl.FlushGuest << 32),
            NestedFlush.NewAsid => 2,
            _ => 1,
        };
        SvmExitCode second = n.Enter();
        ulong seen = second == SvmExitCode.Npf ? Faulted : write ? n.Guest.Read(Page) : n[VmcbOffsets.Rax];
        (ulong old, ulong now) = Outcomes(change);
        bool required = change is Change.AbsentToPresent or Change.ReadOnlyToWritable
            || flush is NestedFlush.FlushAll or NestedFlush.FlushGuest or NestedFlush.NewAsid;
        if (required)
        {
            Assert.Equal(now, seen);
        }
        else
        {
            Assert.True(seen == old || seen == now, $"{seen:X}");
        }

        if (second == SvmExitCode.Npf)
        {
            Assert.Equal(Page, n.Info2);
            Assert.Equal((change == Change.PresentToAbsent ? 4UL : 7UL) | (1UL << 32), n.Info1);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TableOfL2_ChangedByL1_FlushedByInvlpgaOrTlbControl(bool invlpga)
    {
        using NestedGuest n = new(beforeEntry: a =>
        {
            if (invlpga)
            {
                a.mov(eax, (uint)Page);
                a.mov(ecx, 1);
                a.db(0x0F, 0x01, 0xDF);
            }
        });
        n.Guest.Map(Page, OldFrame);
        n.Guest.Write(OldFrame, OldValue);
        n.Guest.Write(NewFrame, NewValue);
        n.Enter(a =>
        {
            a.mov(rax, __qword_ptr[Page]);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(OldValue, n[VmcbOffsets.Rax]);
        n.Guest.Map(Page, NewFrame);
        n[VmcbOffsets.GuestAsid] = 1 | (invlpga ? 0 : (ulong)TlbControl.FlushGuest << 32);
        n[VmcbOffsets.Rip] = NestedGuest.GuestCode;
        n.Enter();
        Assert.Equal(NewValue, n[VmcbOffsets.Rax]);
    }

    private static (ulong Seen, ulong Entry) RunGuest(Change change, Flush flush, bool global)
    {
        using BareGuest guest = new();
        bool write = change is Change.ReadOnlyToWritable or Change.WritableToReadOnly or Change.AccessedAndDirtyCleared;
        ulong entry = guest.EntryOf(Page);
        ulong directory = BareGuest.PageDirectory + ((Page >> 21) * 8);
        ulong table = guest.Read(directory);
        ulong flags = global ? Global : 0;
        ulong oldFrame = change == Change.LargeToSmall ? Page : OldFrame;
        (ulong before, ulong after) = Entries(change, oldFrame);
        guest.Write(oldFrame, OldValue);
        guest.Write(NewFrame, NewValue);
        guest.Write(entry, before | flags);
        if (change == Change.LargeToSmall)
        {
            guest.Write(directory, Page | 0x87 | flags);
        }

        // #PF: the value "faulted", and on to the address in r15.
        const ulong Handler = 0x15_0000;
        guest.SetGate(14, Handler);
        guest.Assemble(Handler, a =>
        {
            a.mov(eax, (uint)Faulted);
            a.add(rsp, 8);
            a.mov(__[rsp], r15);
            a.iretq();
        });
        guest.Run(a =>
        {
            Label first = a.CreateLabel();
            Label second = a.CreateLabel();
            a.mov(edx, (uint)NewValue);
            a.lea(r15, __[first]);
            Access(a, write);
            a.Label(ref first);
            a.mov(rax, after | flags);
            a.mov(__[entry], rax);
            a.mov(rax, table);
            a.mov(__[directory], rax);
            if (write)
            {
                a.mov(eax, (uint)OldValue);
                a.mov(__[oldFrame], rax);
            }

            switch (flush)
            {
                case Flush.Page:
                    a.invlpg(__byte_ptr[Page]);
                    break;
                case Flush.WrongPage:
                    a.invlpg(__byte_ptr[OtherPage]);
                    break;
                case Flush.Cr3:
                    a.mov(rax, cr3);
                    a.mov(cr3, rax);
                    break;
                case Flush.Cr4:
                    a.mov(rax, cr4);
                    a.mov(rcx, rax);
                    a.xor(rax, (int)Cr4.PGE);
                    a.mov(cr4, rax);
                    a.mov(cr4, rcx);
                    break;
            }

            a.lea(r15, __[second]);
            Access(a, write);
            a.Label(ref second);
            a.mov(rbx, rax);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        ulong seen = guest.Processor.GetState().Gpr[3];
        return (seen != Faulted && write ? guest.Read(oldFrame) : seen, guest.Read(entry));
    }

    private static void Access(Assembler a, bool write)
    {
        if (write)
        {
            a.mov(__[Page], rdx);
            a.mov(rax, rdx);
        }
        else
        {
            a.mov(rax, __qword_ptr[Page]);
        }
    }

    private static (ulong Before, ulong After) Entries(Change change, ulong frame) => change switch
    {
        Change.AbsentToPresent => (0, frame | 7),
        Change.ReadOnlyToWritable => (frame | 5, frame | 7),
        Change.WritableToReadOnly => (frame | 7, frame | 5),
        Change.PresentToAbsent => (frame | 7, 0),
        Change.AccessedAndDirtyCleared => (frame | 7, frame | 7),
        _ => (frame | 7, NewFrame | 7),
    };

    // Reads: the value read. Writes: what the old frame holds after the second write, or that it faulted.
    private static (ulong Old, ulong Now) Outcomes(Change change) => change switch
    {
        Change.AbsentToPresent => (Faulted, OldValue),
        Change.ReadOnlyToWritable => (Faulted, NewValue),
        Change.WritableToReadOnly => (NewValue, Faulted),
        Change.PresentToAbsent => (OldValue, Faulted),
        Change.AccessedAndDirtyCleared => (NewValue, NewValue),
        _ => (OldValue, NewValue),
    };

    // PML4, PDPT, directory and the one table below it.
    private static void CopyTables(BareGuest guest, ulong to)
    {
        ulong slot = (Page >> 21) * 8;
        ulong[] from = [BareGuest.Pml4, BareGuest.Pdpt, BareGuest.PageDirectory, guest.Read(BareGuest.PageDirectory + slot) & ~0xFFFUL];
        for (ulong level = 0; level < 4; level++)
        {
            for (ulong i = 0; i < 4096; i += 8)
            {
                guest.Write(to + (level << 12) + i, guest.Read(from[level] + i));
            }
        }

        guest.Write(to, (to + 0x1000) | 7);
        guest.Write(to + 0x1000, (to + 0x2000) | 7);
        guest.Write(to + 0x2000 + slot, (to + 0x3000) | 7);
    }
}
