using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using Nestvisor.X64.Svm;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>Time is the VM clock's, in both worlds and on all processors, also over pauses and moves.</summary>
public sealed unsafe class ClockTests
{
    private const ulong Handler = 0x15_0000;
    private const byte Vector = 0x61;

    [Fact]
    public void TimeStampCounter_ManualClock_IsExactlyTheClocks()
    {
        using BareGuest guest = new(clock: VmClock.CreateManual());
        guest.Clock.Advance(12_345_678_901);
        guest.Run(ReadCounter);
        Assert.Equal(12_345_678_901UL, Counter(guest));
        guest.Clock.Advance(1);
        guest.Run(ReadCounter);
        Assert.Equal(12_345_678_902UL, Counter(guest));
    }

    [Fact]
    public void TimeStampCounter_Restored_GoesOnWhereItWas()
    {
        using BareGuest first = new(clock: VmClock.CreateManual());
        using BareGuest second = new(clock: VmClock.CreateManual());
        first.Clock.Advance(1_000_000);
        first.Run(a =>
        {
            EngineGuests.Wrmsr(a, Msr.Tsc, 500);
            BareGuest.Stop(a);
        });
        first.Clock.Advance(10);
        ProcessorState state = first.Processor.GetState();
        second.Clock.Set(first.Clock.Now);
        second.Processor.SetState(state);
        second.Clock.Advance(5);
        ProcessorState moved = second.Processor.GetState();
        Assert.Equal(515UL, moved.Msrs[Msr.Tsc]);
    }

    [Fact]
    public void Deadline_ManualClock_FiresWhenItIsReachedAndNotBefore()
    {
        using BareGuest guest = new(clock: VmClock.CreateManual());
        ArmDeadline(guest, 1_000_000);
        guest.Run();
        guest.Clock.Advance(999_999);
        guest.Assemble(guest.Processor.State->Rip, a =>
        {
            a.nop();
            BareGuest.Stop(a);
            a.nop();
            BareGuest.Stop(a);
        });
        guest.Run();
        Assert.Equal(0UL, guest.Read(0x3_8000));
        guest.Clock.Advance(1);
        guest.Run();
        Assert.Equal(1UL, guest.Read(0x3_8000));
    }

    [Fact]
    public void Deadline_SavedAndRestored_FiresAtTheSameTime()
    {
        using BareGuest first = new(clock: VmClock.CreateManual());
        using BareGuest second = new(clock: VmClock.CreateManual());
        ArmDeadline(first, 1_000_000);
        ArmDeadline(second, 1_000_000);
        first.Run();
        first.Clock.Advance(400_000);
        second.Clock.Set(first.Clock.Now);
        second.Processor.SetState(first.Processor.GetState());
        second.Assemble(second.Processor.State->Rip, a =>
        {
            a.nop();
            BareGuest.Stop(a);
            a.nop();
            BareGuest.Stop(a);
        });
        second.Clock.Advance(599_999);
        second.Run();
        Assert.Equal(0UL, second.Read(0x3_8000));
        second.Clock.Advance(1);
        second.Run();
        Assert.Equal(1UL, second.Read(0x3_8000));
    }

    [Fact]
    public void Clock_Stopped_StandsStillAndGoesOnWithoutJump()
    {
        using BareGuest guest = new();
        guest.Run(ReadCounter);
        ulong before = Counter(guest);
        guest.Clock.Stop();
        long stopped = guest.Clock.Now;
        guest.Run(ReadCounter);
        ulong during = Counter(guest);
        guest.Run(ReadCounter);
        Assert.Equal(during, Counter(guest));
        Assert.True(during >= before);
        Assert.Equal((ulong)stopped, during);
        guest.Clock.Start();
        guest.Run(ReadCounter);
        Assert.True(Counter(guest) >= during);
    }

    [Fact]
    public void TimeStampCounter_InL2_HasOffsetAndRatio()
    {
        using NestedGuest n = new();
        n.Guest.Clock.Stop();
        ulong now = (ulong)n.Guest.Clock.Now;
        n[VmcbOffsets.TscOffset] = 0x1_0000_0000_0000;
        n.Enter(a =>
        {
            a.rdtsc();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            NestedGuest.Vmmcall(a);
        });
        Assert.Equal(now + 0x1_0000_0000_0000, n[VmcbOffsets.Rax]);
    }

    /// <summary>Two processors hand a word to and fro; no one may see an earlier time than the other has shown.</summary>
    [Fact]
    public void TimeStampCounter_TwoProcessors_NeverGoesBack()
    {
        const ulong Word = 0x3_9000;
        const ulong Last = 0x3_9040;
        const ulong Failures = 0x3_9080;
        using BareGuest guest = new(processors: 2);
        guest.Assemble(BareGuest.Code, a =>
        {
            Label again = a.CreateLabel();
            Label fine = a.CreateLabel();
            Label end = a.CreateLabel();
            a.mov(edi, 2_000);
            a.Label(ref again);
            a.pause();
            a.cmp(__[Word], rsi);
            a.jne(again);
            a.rdtsc();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            a.cmp(rax, __qword_ptr[Last]);
            a.jae(fine);
            a.@lock.inc(__qword_ptr[Failures]);
            a.Label(ref fine);
            a.mov(__[Last], rax);
            a.mov(rbx, rsi);
            a.xor(rbx, 1);
            a.mov(__[Word], rbx);
            a.dec(edi);
            a.jne(again);
            a.test(esi, esi);
            a.je(end);
            BareGuest.Stop(a);
            a.Label(ref end);
            a.jmp(end);
        });
        for (int i = 0; i < 2; i++)
        {
            ProcessorState state = BareGuest.EntryState();
            state.Gpr[6] = (ulong)i;
            guest.Partition.All[i].SetState(state);
        }

        guest.RunAll();
        Assert.True(guest.Bus.Stopped);
        Assert.Equal(0UL, guest.Read(Failures));
        Assert.NotEqual(0UL, guest.Read(Last));
    }

    private static void ArmDeadline(BareGuest guest, ulong deadline)
    {
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[0x3_8000UL]);
            a.iretq();
        });
        guest.Assemble(BareGuest.Code, a =>
        {
            EngineGuests.EnableApic(a);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x32, (2UL << 17) | Vector);
            EngineGuests.Wrmsr(a, Msr.TscDeadline, deadline);
            a.sti();
            BareGuest.Stop(a);
        });
    }

    private static void ReadCounter(Assembler a)
    {
        a.rdtsc();
        BareGuest.Stop(a);
    }

    // Reads it, and puts the processor back to the start.
    private static ulong Counter(BareGuest guest)
    {
        ProcessorState state = guest.Processor.GetState();
        ulong value = state.Gpr[0] | (state.Gpr[2] << 32);
        guest.Processor.State->Rip = BareGuest.Code;
        return value;
    }
}
