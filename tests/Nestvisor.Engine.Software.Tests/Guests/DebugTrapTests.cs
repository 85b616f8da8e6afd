using Iced.Intel;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

public sealed class DebugTrapTests
{
    private const ulong Handler = 0x11_0000;
    private const ulong Target = 0x12_0000;
    private const ulong Hits = 0x13_0000;
    private const ulong Seen = 0x13_0008;
    private const int Trap = (int)Rflags.TF;

    [Fact]
    public void Syscall_StepFlagMasked_DoesNotTrap()
    {
        using BareGuest guest = new();
        guest.Processor.TryWriteMsr(Msr.LStar, Target);
        guest.Processor.TryWriteMsr(Msr.Star, (ulong)BareGuest.CodeSelector << 32);
        guest.Processor.TryWriteMsr(Msr.SFMask, Rflags.TF);
        CountTraps(guest);
        guest.Assemble(Target, BareGuest.Stop);
        guest.Run(a =>
        {
            SetStepFlag(a);
            a.syscall();
        });
        Assert.Equal(0UL, guest.Read(Hits));
        Assert.Equal(Rflags.TF, guest.Processor.GetState().Gpr[11] & Rflags.TF);
    }

    [Fact]
    public void Sysret_StepFlagLoaded_TrapsBeforeTheFirstInstruction()
    {
        using BareGuest guest = new();
        guest.Processor.TryWriteMsr(Msr.Star, 0x18UL << 48);
        CountTraps(guest);
        guest.Assemble(Target, BareGuest.Stop);
        guest.Run(a =>
        {
            a.mov(rcx, Target);
            a.mov(r11d, Trap | 2);
            a.sysretq();
        });
        Assert.Equal(1UL, guest.Read(Hits));
        Assert.Equal(Target, guest.Read(Seen));
    }

    [Fact]
    public void Hlt_StepFlagSet_TrapEndsTheHalt()
    {
        using BareGuest guest = new();
        CountTraps(guest);
        guest.Run(a =>
        {
            SetStepFlag(a);
            a.hlt();
            BareGuest.Stop(a);
        });
        Assert.Equal(1UL, guest.Read(Hits));
    }

    [Fact]
    public void Iret_ToOuterLevel_KeepsTheBaseOfTheEmptiedGs()
    {
        using BareGuest guest = new();
        ProcessorState state = BareGuest.EntryState();
        state.Segments[5] = state.Segments[5] with { Base = 0x1234_5000 };
        guest.Processor.SetState(state);
        guest.Write(BareGuest.Gdt + 0x20, 0x00CF_F300_0000_FFFF);
        guest.Write(BareGuest.Gdt + 0x28, 0x00AF_FB00_0000_FFFF);
        guest.SetGate(13, Handler);
        guest.Assemble(Handler, BareGuest.Stop);
        guest.Assemble(Target, a => a.hlt());
        guest.Run(a =>
        {
            a.push(0x23);
            a.push((int)BareGuest.StackTop);
            a.push(2);
            a.push(0x2B);
            a.push((int)Target);
            a.iretq();
        });
        SegmentState gs = guest.Processor.GetState().Segments[5];
        Assert.Equal(0, gs.Selector);
        Assert.Equal(0x1234_5000UL, gs.Base);
    }

    [Fact]
    public void MovSs_WatchpointThenIceBreakpoint_IsOneTrap()
    {
        const ulong Watched = 0x13_0100;
        using BareGuest guest = new();
        ProcessorState state = BareGuest.EntryState();
        state.Dr[0] = Watched;
        state.Dr[7] = 0x0007_0402;
        guest.Processor.SetState(state);
        guest.Write(Watched, BareGuest.DataSelector);
        CountTraps(guest);
        ulong after = 0;
        guest.Run(a =>
        {
            a.mov(ebx, (int)Watched);
            a.mov(ss, __word_ptr[rbx]);
            a.db(0xF1);
            after = BareGuest.Code + 8;
            BareGuest.Stop(a);
        });
        Assert.Equal(1UL, guest.Read(Hits));
        Assert.Equal(after, guest.Read(Seen));
        Assert.Equal(1UL, guest.Processor.GetState().Dr[6] & 0xF);
    }

    private static void SetStepFlag(Assembler a)
    {
        a.pushfq();
        a.or(__dword_ptr[rsp], Trap);
        a.popfq();
    }

    // Counts, keeps the interrupted RIP, and ends stepping.
    private static void CountTraps(BareGuest guest)
    {
        guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[(long)Hits]);
            a.mov(rax, __qword_ptr[rsp]);
            a.mov(__qword_ptr[(long)Seen], rax);
            a.and(__dword_ptr[rsp + 16], ~Trap);
            a.mov(eax, (int)Target);
            a.cmp(__qword_ptr[rsp], rax);
            Label on = a.CreateLabel();
            a.jne(on);
            BareGuest.Stop(a);
            a.Label(ref on);
            a.iretq();
        });
        guest.SetGate(1, Handler);
    }
}
