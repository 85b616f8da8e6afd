using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Engine;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Guests;

/// <summary>SYSCALL and SYSRET over and over, so that translated code makes them too.</summary>
public sealed class FastCallTests
{
    private const int Rounds = 2_000;
    private const ulong Kernel = 0x20_0000;
    private const ulong User = 0x24_0000;
    private const ulong Handler = 0x28_0000;
    private const ulong Data = 0x2C_0000;
    private const ulong Left = Data;
    private const ulong Seen = Data + 8;
    private const ulong Hits = Data + 16;
    private const ushort UserData = 0x28;
    private const ushort UserCode = 0x30;
    private const byte Vector = 0x60;
    private const ulong Masked = Rflags.Arithmetic | Rflags.IF | Rflags.TF | Rflags.DF | Rflags.AC;

    [Fact]
    public void Calls_InALoop_KeepTheCallersFlagsAndMaskThemInTheKernel()
    {
        using BareGuest guest = Create();
        guest.Assemble(Kernel, a =>
        {
            a.pushfq();
            a.pop(rax);
            a.or(__qword_ptr[Seen], rax);
            a.mov(eax, cs);
            a.shl(eax, 16);
            a.mov(edx, ss);
            a.or(eax, edx);
            a.mov(__dword_ptr[Seen + 4], eax);
            Return(a);
        });
        Enter(guest, a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);

            // Another combination of flags in each round.
            a.imul(ebx, ebx, 1664525);
            a.add(ebx, 1013904223);
            a.mov(r12d, ebx);
            a.add(r12d, ebx);
            a.adc(r12d, 0x7FFF_0000);
            a.pushfq();
            a.pop(r14);
            a.syscall();
            a.pushfq();
            a.pop(r15);
            a.xor(r15, r14);
            a.or(r13, r15);
            a.jmp(again);
        });
        ProcessorState state = guest.Processor.GetState();
        Assert.Equal(0UL, state.Gpr[13]);
        Assert.Equal(state.Gpr[14], state.Gpr[11]);
        Assert.Equal(2UL, guest.Read(Seen) & uint.MaxValue);
        Assert.Equal(((ulong)BareGuest.CodeSelector << 16) | BareGuest.DataSelector, guest.Read(Seen) >> 32);
        Assert.Equal(0, state.Segments[2].Attributes >> 5 & 3);
    }

    [Fact]
    public void Returns_InALoop_LoadTheUsersSegmentsAndFlags()
    {
        using BareGuest guest = Create();
        guest.Assemble(Kernel, a =>
        {
            // The carry flag, then the sign, and so on.
            a.mov(rax, __qword_ptr[Left]);
            a.and(eax, 0xD5);
            a.or(eax, 2);
            a.mov(r11, rax);
            Return(a);
        });
        Enter(guest, a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.syscall();
            a.pushfq();
            a.pop(rbx);

            // What the kernel had counted down from when it returned.
            a.mov(rdx, __qword_ptr[Left]);
            a.inc(rdx);
            a.and(edx, 0xD5);
            a.or(edx, 2);
            a.xor(rbx, rdx);
            a.or(r13, rbx);
            a.mov(eax, cs);
            a.shl(eax, 16);
            a.mov(edx, ss);
            a.or(eax, edx);
            a.mov(__dword_ptr[Seen], eax);
            a.jmp(again);
        });
        Assert.Equal(0UL, guest.Processor.GetState().Gpr[13]);
        Assert.Equal(((ulong)(UserCode | 3) << 16) | UserData | 3, guest.Read(Seen));
    }

    [Fact]
    public void Return_OpensInterrupts_WaitingOneComesBeforeTheNextInstruction()
    {
        using BareGuest guest = Create();
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[Hits]);
            a.mov(rax, __qword_ptr[rsp]);
            a.mov(__qword_ptr[Seen], rax);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
            a.iretq();
        });
        guest.Assemble(Kernel, a =>
        {
            a.mov(rsi, rcx);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x3F, Vector);
            a.mov(rcx, rsi);
            a.or(r11, (int)Rflags.IF);
            Return(a);
        });
        Enter(guest, a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.syscall();
            a.mov(rdi, __qword_ptr[Seen]);
            a.mov(rdx, __qword_ptr[Hits]);
            a.inc(r13);

            // As many interrupts as calls by now, and the last one came right behind the call.
            a.sub(rdx, r13);
            a.or(r14, rdx);
            a.jmp(again);
        });
        Assert.Equal(0UL, guest.Processor.GetState().Gpr[14]);
        Assert.Equal((ulong)Rounds - 1, guest.Read(Hits));
        Assert.Equal(User + 2, guest.Read(Seen));
    }

    [Fact]
    public void Target_ChangedBetweenCalls_IsTakenAtOnce()
    {
        const ulong Second = Kernel + 0x800;
        using BareGuest guest = Create();
        guest.Assemble(Kernel, a =>
        {
            a.inc(__qword_ptr[Hits]);
            a.mov(rsi, rcx);
            EngineGuests.Wrmsr(a, Msr.LStar, Second);
            a.mov(rcx, rsi);
            Return(a);
        });
        guest.Assemble(Second, a =>
        {
            a.dec(__qword_ptr[Hits]);
            a.mov(rsi, rcx);
            EngineGuests.Wrmsr(a, Msr.LStar, Kernel);
            a.mov(rcx, rsi);
            Return(a);
        });
        Enter(guest, CallForEver);

        // As often the one as the other.
        Assert.Equal(0UL, guest.Read(Hits));
    }

    [Fact]
    public void Calls_SwitchedOffInEfer_AreInvalid()
    {
        using BareGuest guest = Create();
        guest.SetGate((int)ExceptionVector.InvalidOpcode, Handler);
        guest.Assemble(Handler, a =>
        {
            a.mov(rax, __qword_ptr[rsp]);
            a.mov(__qword_ptr[Seen], rax);
            BareGuest.Stop(a);
        });
        guest.Assemble(Kernel, a =>
        {
            Label on = a.CreateLabel();
            a.mov(rsi, rcx);
            a.cmp(__qword_ptr[Left], 10);
            a.jne(on);
            a.mov(ecx, unchecked((int)Msr.Efer));
            a.rdmsr();
            a.and(eax, ~(int)Efer.SCE);
            a.wrmsr();

            // Without SYSRET, back by IRET.
            a.push(UserData | 3);
            a.push(rsp);
            a.push(2);
            a.push(UserCode | 3);
            a.push(rsi);
            a.iretq();
            a.Label(ref on);
            a.mov(rcx, rsi);
            Return(a);
        });
        Enter(guest, CallForEver);
        Assert.Equal(User, guest.Read(Seen));
        Assert.Equal(10UL, guest.Read(Left));
    }

    [Fact]
    public void Calls_OfTranslatedCode_DoNotLeaveIt()
    {
        using BareGuest guest = Create(new SoftwareEngineOptions());
        guest.Assemble(Kernel, Return);
        Enter(guest, CallForEver);
        Dictionary<string, long> counters = [];
        guest.Processor.AddCounters(counters);
        Assert.InRange(counters["instructions"], 1, Rounds / 4);
    }

    private static void CallForEver(Assembler a)
    {
        Label again = a.CreateLabel();
        a.Label(ref again);
        a.syscall();
        a.jmp(again);
    }

    private static BareGuest Create(SoftwareEngineOptions? options = null)
    {
        BareGuest guest = new(options: options);
        guest.Write(BareGuest.Gdt + UserData, 0x00CF_F300_0000_FFFF);
        guest.Write(BareGuest.Gdt + UserCode, 0x00AF_FB00_0000_FFFF);
        ProcessorState state = BareGuest.EntryState();
        state.GdtrLimit = 0x3F;
        guest.Processor.SetState(state);
        guest.Processor.TryWriteMsr(Msr.LStar, Kernel);
        guest.Processor.TryWriteMsr(Msr.Star, ((ulong)BareGuest.CodeSelector << 32) | ((UserData - 8UL) << 48));
        guest.Processor.TryWriteMsr(Msr.SFMask, Masked);
        guest.Write(Left, Rounds);
        return guest;
    }

    // The kernel's way back; it stops when enough was called.
    private static void Return(Assembler a)
    {
        Label enough = a.CreateLabel();
        a.dec(__qword_ptr[Left]);
        a.jz(enough);
        a.sysretq();
        a.Label(ref enough);
        BareGuest.Stop(a);
    }

    private static void Enter(BareGuest guest, Action<Assembler> user)
    {
        guest.Assemble(User, user);
        RunResult result = guest.Run(a =>
        {
            EngineGuests.EnableApic(a);
            a.xor(r13d, r13d);
            a.xor(r14d, r14d);
            a.mov(ecx, (uint)User);
            a.mov(r11d, 2);
            a.sysretq();
        });
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal(-1, guest.UnexpectedVector);
    }
}
