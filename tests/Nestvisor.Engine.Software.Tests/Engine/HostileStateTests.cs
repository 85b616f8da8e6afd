using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>Tables and control blocks where there is no memory, or that are themselves: an exit, a fault or a shutdown, and no more.</summary>
public sealed unsafe class HostileStateTests
{
    private const ulong HostAddressesFrom = 0x7000_0000_0000;
    private const ulong HostAddressesTo = 0x8000_0000_0000;

    /// <summary>A device, a hole, the last page, the first beyond it, the local APIC, the highest page, and 2^64-1's.</summary>
    public static TheoryData<ulong> Addresses =>
    [
        0xB_8000, BareGuest.MemorySize - 0x1000, BareGuest.MemorySize, 0x3000_0000, 0xC000_0000, 0xFEC0_0000, 0xFEE0_0000,
        0xFFFF_F000, 0x1_0000_0000, (1UL << 48) - 0x1000, ~0xFFFUL, BareGuest.Pml4, BareGuest.Code,
    ];

    [Theory]
    [MemberData(nameof(Addresses))]
    public void Vmrun_ControlBlockAnywhere_FaultsOrExits(ulong address)
    {
        foreach (int instruction in (ReadOnlySpan<int>)[0xD8, 0xDA, 0xDB])
        {
            using BareGuest guest = new();
            RunResult result = guest.Run(a =>
            {
                EngineGuests.Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.NXE | Efer.SVME);
                a.mov(rax, address);
                a.db(0x0F, 0x01, (byte)instruction);
                BareGuest.Stop(a);
            });
            Assert.True(result is RunResult.Stopped or RunResult.Shutdown);
        }
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public void Vmrun_MapsAndTablesAnywhere_ExitsOrRuns(ulong address)
    {
        foreach (int field in (ReadOnlySpan<int>)[VmcbOffsets.MsrpmBasePa, VmcbOffsets.IopmBasePa, VmcbOffsets.NestedCr3, VmcbOffsets.Cr3])
        {
            using NestedGuest n = new();
            n.UseNestedPaging();
            n.Intercept(SvmIntercept.Msr);
            n.Intercept(SvmIntercept.Ioio);
            n.Intercept(SvmIntercept.Shutdown);
            n[field] = address;
            n.Code(a =>
            {
                a.mov(ecx, Msr.KernelGsBase);
                a.rdmsr();
                a.@in(al, 0x61);
                a.mov(rax, __qword_ptr[0x3000_0000UL]);
                NestedGuest.Vmmcall(a);
            });
            RunResult result = n.Guest.Run();
            Assert.True(result is RunResult.Stopped, $"{field:X}");
            Assert.False(n.Guest.Processor.InGuestMode);
        }
    }

    [Theory]
    [MemberData(nameof(Addresses))]
    public void PageTable_Anywhere_FaultsOrShutsDown(ulong address)
    {
        for (int level = 0; level < 4; level++)
        {
            using BareGuest guest = new();
            ulong slot = guest.EntryOf(0x60_0000);
            ulong place = level switch
            {
                0 => 0,
                1 => BareGuest.Pml4 + 8,
                2 => BareGuest.Pdpt + 8,
                _ => BareGuest.PageDirectory + 8,
            };
            RunResult result = guest.Run(a =>
            {
                if (place == 0)
                {
                    a.mov(rax, address & 0xFFFF_FFFF_F000);
                    a.mov(cr3, rax);
                }
                else
                {
                    a.mov(rax, address | 7);
                    a.mov(__[place], rax);
                    a.mov(rax, cr3);
                    a.mov(cr3, rax);
                }

                a.mov(rax, level == 1 ? 1UL << 39 : level == 2 ? 1UL << 30 : 1UL << 21);
                a.inc(__dword_ptr[rax]);
                a.call(rax);
                BareGuest.Stop(a);
            });
            Assert.True(result is RunResult.Stopped or RunResult.Shutdown);
            Assert.NotEqual(0UL, slot);
        }
    }

    [Fact]
    public void PageTable_OfItself_IsWalked()
    {
        using BareGuest guest = new();
        guest.Write(BareGuest.Pml4 + (511 * 8), BareGuest.Pml4 | 7);
        guest.Run(a =>
        {
            a.mov(rax, 0xFFFF_FFFF_FFFF_FFF8UL);
            a.mov(rbx, __qword_ptr[rax]);
            BareGuest.Stop(a);
        });
        Assert.Equal(BareGuest.Pml4 | 0x27, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void DescriptorTables_InHoles_ShutDown()
    {
        foreach (ulong table in (ReadOnlySpan<ulong>)[0x3000_0000, 0x7FFF_FFFF_F000, BareGuest.MemorySize - 8])
        {
            using BareGuest guest = new();
            ProcessorState state = BareGuest.EntryState();
            state.GdtrBase = table;
            state.IdtrBase = table;
            guest.Processor.SetState(state);
            RunResult result = guest.Run(a =>
            {
                a.mov(eax, 0x10);
                a.mov(ds, eax);
                a.ud2();
            });
            Assert.True(result is RunResult.Shutdown or RunResult.Stopped);
        }
    }

    /// <summary>The control block changes under VMRUN: each entry exits with something that the manual knows.</summary>
    [Fact]
    public void ControlBlock_ChangedByAnotherProcessorDuringVmrun_ExitsCleanly()
    {
        using BareGuest guest = new(processors: 2);
        using NestedGuest template = new();
        byte[] block = new byte[4096];
        Assert.True(template.Guest.Memory.TryRead(NestedGuest.ControlBlock, block));
        Assert.True(guest.Memory.TryWrite(NestedGuest.ControlBlock, block));
        const ulong Pristine = 0x2_8000;
        Assert.True(guest.Memory.TryWrite(Pristine, block));
        guest.Assemble(NestedGuest.GuestCode, a =>
        {
            a.inc(rbx);
            NestedGuest.Vmmcall(a);
        });

        // Exceptions of L1 itself end the test; what L2 does with a broken state must end as an exit.
        guest.Write(Pristine + VmcbOffsets.InterceptExceptions, 0xFFFF_FFFF | (0xFFFF_FFFFUL << 32));
        guest.Assemble(BareGuest.Code, a =>
        {
            Label other = a.CreateLabel();
            Label again = a.CreateLabel();
            a.test(esi, esi);
            a.jne(other);
            EngineGuests.Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.NXE | Efer.SVME);
            a.mov(r12d, 5_000);
            a.Label(ref again);
            a.mov(eax, (uint)NestedGuest.ControlBlock);
            NestedGuest.Vmrun(a);
            a.mov(esi, (uint)Pristine);
            a.mov(edi, (uint)NestedGuest.ControlBlock);
            a.mov(ecx, 512);
            a.rep.movsq();
            a.dec(r12d);
            a.jne(again);
            BareGuest.Stop(a);

            // A linear congruential generator picks a qword of the block and its value.
            a.Label(ref other);
            a.mov(rdx, 6364136223846793005);
            Label poke = a.CreateLabel();
            a.Label(ref poke);
            a.imul(rbx, rdx);
            a.inc(rbx);
            a.mov(rax, rbx);
            a.shr(rax, 33);
            a.and(eax, 0x7F8);
            a.add(eax, (uint)NestedGuest.ControlBlock);
            a.mov(rcx, rbx);
            a.shr(rcx, 20);
            a.mov(__[rax], rcx);
            a.jmp(poke);
        });
        for (int i = 0; i < 2; i++)
        {
            ProcessorState state = BareGuest.EntryState();
            state.Gpr[6] = (ulong)i;
            guest.Partition.All[i].SetState(state);
        }

        guest.RunAll();
    }

    /// <summary>Whatever stores processor state into memory stores the guest's, and no address of the host's.</summary>
    [Fact]
    public void StoredState_AllOfIt_HoldsNoHostAddress()
    {
        const ulong Area = 0x30_0000;
        using NestedGuest n = new();
        n.Guest.Assemble(NestedGuest.GuestCode, a =>
        {
            a.mov(rax, cr4);
            a.or(eax, (int)(Cr4.OSXSAVE | Cr4.OSFXSR));
            a.mov(cr4, rax);
            a.xor(ecx, ecx);
            a.mov(eax, 7);
            a.xor(edx, edx);
            a.xsetbv();
            a.mov(edi, (uint)Area);
            a.fninit();
            a.fld(__qword_ptr[rdi + 0xF00]);
            a.fadd(__dword_ptr[rdi + 0xF10]);
            a.fld1();
            a.fyl2x();
            a.movups(xmm3, __xmmword_ptr[rdi + 0xF00]);
            a.vpaddd(ymm4, ymm3, __ymmword_ptr[rdi + 0xF00]);
            a.mulps(xmm5, xmm3);
            a.fxsave(__[rdi]);
            a.fxsave64(__[rdi + 0x200]);
            a.mov(eax, 7);
            a.xsave(__[rdi + 0x400]);
            a.xsave64(__[rdi + 0x800]);
            a.fnstenv(__[rdi + 0xC00]);
            a.fnsave(__[rdi + 0xC40]);
            a.sgdt(__[rdi + 0xD00]);
            a.sidt(__[rdi + 0xD10]);
            a.sldt(__word_ptr[rdi + 0xD20]);
            a.str(__word_ptr[rdi + 0xD28]);
            a.smsw(__word_ptr[rdi + 0xD30]);
            a.push(rsp);
            a.pushfq();
            a.mov(rax, cr3);
            a.mov(__[rdi + 0xD40], rax);
            for (uint i = 0; i < 6; i++)
            {
                a.mov(ecx, new[] { Msr.FsBase, Msr.GsBase, Msr.KernelGsBase, Msr.LStar, Msr.SysenterEip, Msr.TscAux }[i]);
                a.rdmsr();
                a.mov(__[rdi + 0xD50 + (int)(i * 8)], eax);
                a.mov(__[rdi + 0xD54 + (int)(i * 8)], edx);
            }

            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        n.Guest.Assemble(n.Guest.Processor.State->Rip, a =>
        {
            a.mov(eax, (uint)NestedGuest.ControlBlock + 0x1_0000);
            a.db(0x0F, 0x01, 0xDB);
            BareGuest.Stop(a);
        });
        n.Guest.Run();

        // Code of the tests happens to look like addresses; states are stored elsewhere.
        Assert.True(n.Guest.Memory.TryGetSpan(0, 8 << 20, out Span<byte> memory));
        for (int i = 0; i + 8 <= memory.Length; i++)
        {
            if (i is (< (int)BareGuest.Stubs - 8 or >= (int)BareGuest.Stubs + 0x1000) and (< (int)BareGuest.Code - 8 or >= (int)Area)
                && memory[i + 6] == 0 && memory[i + 7] == 0 && memory[i + 5] is >= 0x70 and < 0x80)
            {
                ulong value = BitConverter.ToUInt64(memory[i..]);
                Assert.False(value is >= HostAddressesFrom and < HostAddressesTo, $"{value:X} at {i:X}");
            }
        }

        foreach (ulong register in n.Guest.Processor.GetState().Gpr)
        {
            Assert.False(register is >= HostAddressesFrom and < HostAddressesTo);
        }
    }
}
