using Nestvisor.Engine.Software.Apic;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Svm;

/// <summary>Events between the worlds: injection, virtual interrupts, the global interrupt flag, shadows.</summary>
public sealed class NestedEventTests
{
    private const ulong Handler = 0x21_0000;
    private const ulong InterruptFlag = Rflags.IF | 2;

    [Theory]
    [InlineData(SvmEvent.TypeInterrupt, 0x55, false)]
    [InlineData(SvmEvent.TypeNmi, 2, false)]
    [InlineData(SvmEvent.TypeException, 13, true)]
    [InlineData(SvmEvent.TypeSoftware, 0x55, false)]
    public void Injection_AnyType_ReachesTheHandlerFirst(ulong type, int vector, bool errorCode)
    {
        using NestedGuest n = new();
        n.Guest.SetGate(vector, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.mov(rbx, __qword_ptr[rsp]);
            a.mov(rcx, __qword_ptr[rsp + 8]);
            NestedGuest.Vmmcall(a);
        });
        n[VmcbOffsets.NextRip] = 0x1234;
        n[VmcbOffsets.EventInjection] = SvmEvent.Valid | type | (uint)vector
            | (errorCode ? SvmEvent.ErrorCodeValid | (0xABCDUL << SvmEvent.ErrorCodeShift) : 0);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter(a => a.hlt()));
        ulong[] registers = n.Guest.Processor.GetState().Gpr;
        ulong rip = type == SvmEvent.TypeSoftware ? 0x1234 : NestedGuest.GuestCode;
        Assert.Equal(errorCode ? 0xABCDUL : rip, registers[3]);
        Assert.Equal(0UL, n[VmcbOffsets.EventInjection] & SvmEvent.Valid);
    }

    [Fact]
    public void Injection_FaultsOnTheWay_ReportsTheEvent()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptExceptions] |= 1 << 13;
        n.Guest.Write(BareGuest.Idt + 0x550, 0);
        n.Guest.Write(BareGuest.Idt + 0x558, 0);
        ulong injected = SvmEvent.Valid | SvmEvent.TypeInterrupt | 0x55;
        n[VmcbOffsets.EventInjection] = injected;
        Assert.Equal(SvmExitCode.Exception0 + 13, n.Enter(a => a.hlt()));
        Assert.Equal(injected, n[VmcbOffsets.ExitIntInfo]);
    }

    [Theory]
    [InlineData(0, 5, false)]
    [InlineData(4, 5, false)]
    [InlineData(5, 5, false)]
    [InlineData(9, 5, false)]
    [InlineData(15, 15, true)]
    public void VirtualInterrupt_PriorityAgainstTpr_DecidesDelivery(int tpr, int priority, bool ignore)
    {
        using NestedGuest n = new();
        n.Guest.SetGate(0x77, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.mov(ebx, 1);
            NestedGuest.Vmmcall(a);
        });
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.Irq | VirtualInterrupt.IntrMasking | (ulong)tpr
            | ((ulong)priority << VirtualInterrupt.PriorityShift)
            | (ignore ? VirtualInterrupt.IgnoreTpr : 0)
            | (0x77UL << VirtualInterrupt.VectorShift);
        n[VmcbOffsets.Rflags] = InterruptFlag;
        bool expected = ignore || priority > tpr;
        Assert.Equal(expected ? SvmExitCode.Vmmcall : SvmExitCode.Hlt, n.Enter(a =>
        {
            a.nop();
            a.hlt();
        }));
        Assert.Equal(!expected, (n[VmcbOffsets.VirtualInterrupt] & VirtualInterrupt.Irq) != 0);
    }

    [Fact]
    public void VirtualInterrupt_GuestOpensItsFlag_ComesAfterTheShadow()
    {
        using NestedGuest n = new();
        n.Guest.SetGate(0x77, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.mov(rbx, __qword_ptr[rsp]);
            NestedGuest.Vmmcall(a);
        });
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.Irq | VirtualInterrupt.IntrMasking | VirtualInterrupt.IgnoreTpr
            | (0x77UL << VirtualInterrupt.VectorShift);
        n.Enter(a =>
        {
            a.nop();
            a.sti();
            a.nop();
            a.hlt();
        });
        Assert.Equal(SvmExitCode.Vmmcall, n.ExitCode);
        Assert.Equal(NestedGuest.GuestCode + 3, n.Guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void VirtualInterrupt_Intercepted_ExitsAndStaysPending()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.VIntr);
        n[VmcbOffsets.Rflags] = InterruptFlag;
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.Irq | VirtualInterrupt.IgnoreTpr | (0x77UL << VirtualInterrupt.VectorShift);
        Assert.Equal(SvmExitCode.VIntr, n.Enter(a => a.hlt()));
        Assert.NotEqual(0UL, n[VmcbOffsets.VirtualInterrupt] & VirtualInterrupt.Irq);
        Assert.Equal(NestedGuest.GuestCode, n.Rip);
    }

    [Fact]
    public void VirtualInterrupt_VirtualGifClear_Waits()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.VIntr);
        n[VmcbOffsets.Rflags] = InterruptFlag;
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.Irq | VirtualInterrupt.IgnoreTpr | VirtualInterrupt.GifEnable
            | (0x77UL << VirtualInterrupt.VectorShift);
        Assert.Equal(SvmExitCode.VIntr, n.Enter(a =>
        {
            a.nop();
            NestedGuest.Stgi(a);
            a.nop();
            a.hlt();
        }));
        Assert.Equal(NestedGuest.GuestCode + 4, n.Rip);
        Assert.NotEqual(0UL, n[VmcbOffsets.VirtualInterrupt] & VirtualInterrupt.Gif);
    }

    [Fact]
    public void VirtualNmi_Pending_IsDeliveredAndBlocksUntilIret()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Nmi);
        n.Guest.SetGate(2, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            NestedGuest.Vmmcall(a);
            a.iretq();
        });
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.NmiEnable | VirtualInterrupt.Nmi;
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter(a => a.hlt()));
        Assert.Equal(VirtualInterrupt.NmiMask, n[VmcbOffsets.VirtualInterrupt] & (VirtualInterrupt.NmiMask | VirtualInterrupt.Nmi));
        n[VmcbOffsets.Rip] = n[VmcbOffsets.NextRip];
        Assert.Equal(SvmExitCode.Hlt, n.Enter());
        Assert.Equal(0UL, n[VmcbOffsets.VirtualInterrupt] & VirtualInterrupt.NmiMask);
    }

    [Fact]
    public void Nmi_WhileGifIsClear_ComesWithStgi()
    {
        using BareGuest guest = new();
        guest.SetGate(2, Handler);
        guest.Assemble(Handler, a =>
        {
            a.mov(rbx, __qword_ptr[rsp]);
            BareGuest.Stop(a);
        });
        guest.Processor.Apic.PostNmi();
        guest.Run(a =>
        {
            a.nop();
            BareGuest.Stop(a);
        });
        Assert.Equal(BareGuest.Code, guest.Processor.GetState().Gpr[3]);
    }

    [Fact]
    public void Interrupt_ForL1_ExitsFromAHaltedGuest()
    {
        using NestedGuest n = new(beforeEntry: a => a.sti());
        n.Intercept(SvmIntercept.Intr);
        n[VmcbOffsets.InterceptMisc1] &= ~NestedGuest.Bit(SvmIntercept.Hlt);
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.IntrMasking;
        n.Code(a =>
        {
            a.hlt();
            a.jmp(NestedGuest.GuestCode);
        });
        EnableApic(n.Guest);
        using Timer later = new(_ => n.Guest.Processor.Apic.Accept(DeliveryMode.Fixed, 0x90, level: false), null, 50, Timeout.Infinite);
        Assert.Equal(SvmExitCode.Intr, n.Enter());
        Assert.Equal(NestedGuest.GuestCode + 1, n.Rip);
    }

    [Fact]
    public void InterruptShadow_InControlBlock_HoldsOneInstruction()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.VIntr);
        n[VmcbOffsets.Rflags] = InterruptFlag;
        n[VmcbOffsets.InterruptShadow] = 1;
        n[VmcbOffsets.VirtualInterrupt] = VirtualInterrupt.Irq | VirtualInterrupt.IgnoreTpr;
        Assert.Equal(SvmExitCode.VIntr, n.Enter(a =>
        {
            a.nop();
            a.nop();
            a.hlt();
        }));
        Assert.Equal(NestedGuest.GuestCode + 1, n.Rip);
        Assert.Equal(0UL, n[VmcbOffsets.InterruptShadow] & 1);
    }

    [Fact]
    public void Hlt_InShadowOfSti_ExitsWithTheShadow()
    {
        using NestedGuest n = new();
        n.Enter(a =>
        {
            a.sti();
            a.hlt();
        });
        Assert.Equal(SvmExitCode.Hlt, n.ExitCode);
        Assert.Equal(1UL, n[VmcbOffsets.InterruptShadow] & 1);
    }

    [Fact]
    public void TripleFault_Intercepted_ExitsAsShutdown()
    {
        using NestedGuest n = new();
        n.Intercept(SvmIntercept.Shutdown);
        n[VmcbOffsets.Idtr + VmcbOffsets.SegmentLimit] = 0;
        Assert.Equal(SvmExitCode.Shutdown, n.Enter(a => a.ud2()));
    }

    [Fact]
    public void DoubleFault_SecondFaultIntercepted_ExitsBeforeTheyAreCombined()
    {
        using NestedGuest n = new();
        n[VmcbOffsets.InterceptExceptions] |= 1 << 13;
        n[VmcbOffsets.Idtr + VmcbOffsets.SegmentLimit] = 0;
        Assert.Equal(SvmExitCode.Exception0 + 13, n.Enter(a =>
        {
            a.xor(ecx, ecx);
            a.div(ecx);
        }));
        Assert.Equal(SvmEvent.Valid | SvmEvent.TypeException, n[VmcbOffsets.ExitIntInfo]);
    }

    [Fact]
    public void SaveAndRestore_InGuestMode_RunsOnIdentically()
    {
        using NestedGuest n = new();
        n.UseNestedPaging();
        n.Code(a =>
        {
            a.mov(ebx, 7);
            BareGuest.Stop(a);
            a.add(ebx, 5);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(RunResult.Stopped, n.Guest.Run());
        Assert.True(n.Guest.Processor.InGuestMode);
        ProcessorState state = n.Guest.Processor.GetState();
        n.Guest.Processor.Reset();
        n.Guest.Processor.SetState(state);
        Assert.True(n.Guest.Processor.InGuestMode);
        Assert.Equal(SvmExitCode.Vmmcall, n.Enter());
        Assert.Equal(12UL, n.Guest.Processor.GetState().Gpr[3]);
        Assert.Equal(BareGuest.Pml4, n.Guest.Processor.GetState().Cr3);
    }

    [Fact]
    public void Tsc_RatioAndOffset_ApplyToTheGuestAlone()
    {
        using NestedGuest n = new(beforeEntry: a =>
        {
            a.mov(ecx, unchecked((int)Msr.TscRatio));
            a.xor(eax, eax);
            a.mov(edx, 2);
            a.wrmsr();
        });
        n[VmcbOffsets.TscOffset] = 1UL << 50;
        ulong before = n.Guest.Processor.ReadGuestTsc();
        n.Enter(a =>
        {
            a.rdtsc();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            NestedGuest.Vmmcall(a);
        });
        ulong after = n.Guest.Processor.ReadGuestTsc();
        Assert.InRange(n[VmcbOffsets.Rax], (before * 2) + (1UL << 50), (after * 2) + (1UL << 50));
    }

    private static void EnableApic(BareGuest guest) => guest.Processor.Apic.Write(0xF0, 4, 0x1FF);
}
