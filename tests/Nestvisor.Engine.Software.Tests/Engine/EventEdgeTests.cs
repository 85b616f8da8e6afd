using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>Interrupts, NMIs, traps and faults where two of them meet.</summary>
public sealed unsafe class EventEdgeTests
{
    private const ulong Handler = 0x15_0000;
    private const ulong Counter = 0x3_8000;
    private const ulong Seen = 0x3_8008;
    private const byte Vector = 0x40;

    [Fact]
    public void Interrupt_OfferedAtEveryBoundary_GivesTheSameFinalState()
    {
        string? expected = null;
        int delivered = 0;
        for (int boundary = 0; boundary < 120; boundary++)
        {
            using BareGuest guest = WithHandler();
            guest.Assemble(BareGuest.Code, a =>
            {
                EnableApic(a);
                a.sti();
                a.mov(ecx, 6);
                Label again = a.CreateLabel();
                a.Label(ref again);
                a.imul(rbx, rbx, 7);
                a.inc(rbx);
                a.push(rbx);
                a.mov(eax, ss);
                a.mov(ss, eax);
                a.pop(rdx);
                a.cli();
                a.adc(rdx, rbx);
                a.sti();
                a.pushfq();
                a.popfq();
                a.loop(again);
                a.mov(esi, 0x30_0000);
                a.mov(edi, 0x31_0FF0);
                a.mov(ecx, 40);
                a.rep.movsb();
                a.nop();
                a.cli();
                BareGuest.Stop(a);
            });
            guest.Processor.StopAfter(boundary + 1);
            guest.Run();
            if (!guest.Bus.Stopped)
            {
                guest.Partition.SendMessage(MsiMessage.Create(0, false, Vector, 0, false));
                guest.Run();
            }

            Assert.Equal(-1, guest.UnexpectedVector);
            delivered += (int)guest.Read(Counter);
            ProcessorState state = guest.Processor.GetState();
            string seen = $"{string.Join(' ', state.Gpr.Select(r => r.ToString("X")))} {state.Rip:X} {state.Rflags:X}";
            expected ??= seen;
            Assert.Equal((boundary, expected), (boundary, seen));
        }

        Assert.True(delivered > 60, $"{delivered} delivered");
    }

    [Fact]
    public void StiHlt_InterruptPending_IsTakenAfterTheHalt()
    {
        using BareGuest guest = WithHandler();
        guest.Assemble(BareGuest.Code, a =>
        {
            EnableApic(a);
            SelfInterrupt(a);
            a.sti();
            a.hlt();
            BareGuest.Stop(a);
        });
        guest.Run();
        Assert.Equal(1UL, guest.Read(Counter));
        Assert.Equal(guest.Processor.GetState().Rip - 2, guest.Read(Seen));
    }

    [Fact]
    public void MovSs_InterruptPending_IsTakenAfterTheNextInstruction()
    {
        using BareGuest guest = WithHandler();
        guest.Assemble(BareGuest.Code, a =>
        {
            EnableApic(a);
            a.mov(ebx, ss);
            SelfInterrupt(a);
            a.sti();
            a.mov(ss, ebx);
            a.nop();
            BareGuest.Stop(a);
        });
        guest.Run();

        // STI's shadow covers MOV SS, whose own covers the NOP.
        Assert.Equal(1UL, guest.Read(Counter));
        Assert.Equal(guest.Processor.GetState().Rip - 2, guest.Read(Seen));
    }

    [Fact]
    public void SingleStep_MovSs_TrapsAfterTheNextInstruction()
    {
        using BareGuest guest = WithHandler(1);
        guest.Run(a =>
        {
            a.mov(ebx, ss);
            a.pushfq();
            a.or(__dword_ptr[rsp], 0x100);
            a.popfq();
            a.nop();
            a.mov(ss, ebx);
            a.nop();
            a.pushfq();
            a.and(__dword_ptr[rsp], unchecked((int)~0x100u));
            a.popfq();
            BareGuest.Stop(a);
        });

        // After NOP, after MOV SS with NOP, PUSHFQ, AND and POPFQ.
        Assert.Equal(5UL, guest.Read(Counter));
    }

    [Fact]
    public void SingleStep_SyscallMasksTrapFlag_TrapsNotInTheKernel()
    {
        const ulong Kernel = 0x20_0000;
        using BareGuest guest = WithHandler(1);
        guest.Assemble(Kernel, BareGuest.Stop);
        guest.Run(a =>
        {
            Wrmsr(a, Msr.LStar, Kernel);
            Wrmsr(a, Msr.Star, 0x0008_0008_0000_0000);
            Wrmsr(a, Msr.SFMask, Rflags.TF | Rflags.IF);
            a.pushfq();
            a.or(__dword_ptr[rsp], 0x100);
            a.popfq();
            a.syscall();
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.InRange(guest.Read(Counter), 0UL, 1UL);
        Assert.Equal(0UL, guest.Processor.GetState().Rflags & Rflags.TF);
        Assert.Equal(Rflags.TF, guest.Processor.GetState().Gpr[11] & Rflags.TF);
    }

    [Fact]
    public void Nmi_WhileInItsHandler_WaitsForIret()
    {
        using BareGuest guest = WithHandler(2);
        guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[Counter]);
            a.inc(__dword_ptr[Seen]);
            a.@out(0x80, al);
            a.cmp(__dword_ptr[Seen], 1);
            Label nested = a.CreateLabel();
            a.jne(nested);
            a.dec(__dword_ptr[Seen]);
            a.iretq();
            a.Label(ref nested);
            a.ud2();
        });
        int sent = 0;
        guest.Bus.OnWrite = (_, _) =>
        {
            if (sent++ < 5)
            {
                guest.Partition.SendMessage(MsiMessage.Create(0, false, 0, 4, false));
            }
        };
        guest.Run(a =>
        {
            EnableApic(a);
            a.@out(0x80, al);
            for (int i = 0; i < 20; i++)
            {
                a.nop();
            }

            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(5UL, guest.Read(Counter));
    }

    [Fact]
    public void DoubleFault_ThenTripleFault_ShutsDown()
    {
        using BareGuest guest = new();
        RunResult result = guest.Run(a =>
        {
            a.mov(rax, 0x7FFF_0000_0000UL);
            a.mov(rsp, rax);
            a.int3();
        });
        Assert.Equal(RunResult.Shutdown, result);
    }

    [Fact]
    public void FaultWhileDelivering_InL2_ShowsTheEventInExitIntInfo()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptExceptions] = n[VmcbOffsets.InterceptExceptions] | (1UL << 14);
        n[VmcbOffsets.Idtr + VmcbOffsets.SegmentBase] = 0x7000_0000_0000;
        SvmExitCode code = n.Enter(a =>
        {
            a.nop();
            a.@int(0x33);
        });
        Assert.Equal(SvmExitCode.Exception0 + 14, code);
        Assert.Equal(0x8000_0433UL, n[VmcbOffsets.ExitIntInfo] & 0xFFFF_FFFF);
        Assert.Equal(NestedGuest.GuestCode + 1, n.Rip);
        Assert.Equal(0x7000_0000_0330UL, n.Info2);

        // Injected again, with a table that is there, it arrives.
        n.Guest.SetGate(0x33, Handler);
        n.Guest.Assemble(Handler, a => NestedGuest.Vmmcall(a));
        n[VmcbOffsets.Idtr + VmcbOffsets.SegmentBase] = BareGuest.Idt;
        n[VmcbOffsets.EventInjection] = n[VmcbOffsets.ExitIntInfo];
        n[VmcbOffsets.NextRip] = NestedGuest.GuestCode + 3;
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        Assert.Equal(NestedGuest.GuestCode + 3, n.Guest.Read(n[VmcbOffsets.Rsp]));
    }

    [Theory]
    [InlineData(3, 4, false, true)]
    [InlineData(4, 4, false, false)]
    [InlineData(15, 4, false, false)]
    [InlineData(15, 4, true, true)]
    public void VirtualInterrupt_TaskPriority_HoldsItOffUnlessIgnored(int tpr, int priority, bool ignore, bool taken)
    {
        using NestedGuest n = new();
        n.Guest.SetGate(Vector, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[Counter]);
            a.iretq();
        });
        n[VmcbOffsets.VirtualInterrupt] = (ulong)tpr | VirtualInterrupt.Irq | VirtualInterrupt.IntrMasking
            | ((ulong)priority << VirtualInterrupt.PriorityShift) | (ignore ? VirtualInterrupt.IgnoreTpr : 0)
            | ((ulong)Vector << VirtualInterrupt.VectorShift);
        n.Enter(a =>
        {
            a.sti();
            a.nop();
            a.nop();
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(taken ? 1UL : 0, n.Guest.Read(Counter));
        Assert.Equal(taken ? 0UL : VirtualInterrupt.Irq, n[VmcbOffsets.VirtualInterrupt] & VirtualInterrupt.Irq);
    }

    [Fact]
    public void GlobalInterruptFlag_Clear_HoldsInterruptAndNmi()
    {
        using BareGuest guest = WithHandler();
        guest.SetGate(2, Handler);
        guest.Run(a =>
        {
            EnableApic(a);
            Wrmsr(a, Msr.Efer, Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE | Efer.SVME);
            NestedGuest.Clgi(a);
            a.sti();
            SelfInterrupt(a);
            a.nop();
            a.mov(rbx, __qword_ptr[Counter]);
            NestedGuest.Stgi(a);
            a.nop();
            a.mov(rsi, __qword_ptr[Counter]);
            a.cli();
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
        ulong[] gpr = guest.Processor.GetState().Gpr;
        Assert.Equal((0UL, 1UL), (gpr[3], gpr[6]));
    }

    [Fact]
    public void TrapFlagOverVmrun_TrapsInL1AfterTheExit()
    {
        using NestedGuest n = new(beforeEntry: a =>
        {
            a.pushfq();
            a.or(__dword_ptr[rsp], 0x100);
            a.popfq();
        });
        n.Guest.SetGate(1, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[Counter]);
            a.and(__dword_ptr[rsp + 16], unchecked((int)~0x100u));
            a.iretq();
        });
        n.Code(a =>
        {
            a.nop();
            a.nop();
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        Assert.Equal(0UL, n[VmcbOffsets.Rflags] & Rflags.TF);
        Assert.Equal(1UL, n.Guest.Read(Counter));
    }

    private static BareGuest WithHandler(int vector = Vector)
    {
        BareGuest guest = new();
        guest.SetGate(vector, Handler);
        guest.Assemble(Handler, a =>
        {
            a.push(rax);
            a.push(rcx);
            a.push(rdx);
            a.inc(__qword_ptr[Counter]);
            a.mov(rax, __qword_ptr[rsp + 24]);
            a.mov(__[Seen], rax);
            if (vector == Vector)
            {
                Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
            }

            a.pop(rdx);
            a.pop(rcx);
            a.pop(rax);
            a.iretq();
        });
        return guest;
    }

    private static void EnableApic(Assembler a) => EngineGuests.EnableApic(a);

    private static void SelfInterrupt(Assembler a) => Wrmsr(a, Msr.X2ApicFirst + 0x3F, Vector);

    private static void Wrmsr(Assembler a, uint msr, ulong value) => EngineGuests.Wrmsr(a, msr, value);
}
