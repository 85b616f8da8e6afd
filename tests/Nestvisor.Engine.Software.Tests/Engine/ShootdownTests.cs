using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>One processor takes a page away or changes code that another one uses; after its answer nothing old is seen there.</summary>
public sealed unsafe class ShootdownTests
{
    private const ulong Handler = 0x15_0000;
    private const byte Vector = 0x71;
    private const ulong Acknowledged = 0x3_8000;
    private const ulong Generation = 0x3_8040;
    private const ulong Failures = 0x3_8080;
    private const ulong Visits = 0x3_80C0;
    private const ulong Page = 0x60_0000;
    private const ulong FrameA = 0x70_0000;
    private const ulong FrameB = 0x70_1000;
    private const ulong Function = 0x20_0000;
    private const uint Rounds = 300;

    /// <summary>The other's INVLPG has been answered: the old frame, poisoned then, must not be read any more.</summary>
    [Fact]
    public void Page_TakenAwayAndAcknowledged_IsNotReadAnyMore()
    {
        using BareGuest guest = new(processors: 2);
        guest.Map(Page, FrameA);
        ulong entry = guest.EntryOf(Page);
        Handle(guest, a => a.invlpg(__byte_ptr[Page]));
        guest.Assemble(BareGuest.Code, a =>
        {
            Start(a, out Label victim);
            Label round = a.CreateLabel();
            a.mov(edi, Rounds);
            a.mov(r12d, (uint)FrameA);
            a.mov(r13d, (uint)FrameB);
            a.Label(ref round);

            // The other frame is clean before it is shown; the one taken away is poisoned after the answer.
            a.mov(__qword_ptr[r13], 0);
            a.lea(rax, __[r13 + 7]);
            a.mov(__[entry], rax);
            a.invlpg(__byte_ptr[Page]);
            SendAndWait(a);
            a.mov(__qword_ptr[r12], -1);
            a.xchg(r12, r13);
            a.dec(edi);
            a.jne(round);
            BareGuest.Stop(a);

            a.Label(ref victim);
            a.nop();
            Label spin = a.CreateLabel();
            Label fine = a.CreateLabel();
            a.Label(ref spin);
            a.cmp(__qword_ptr[Page], 0);
            a.je(fine);
            a.@lock.inc(__qword_ptr[Failures]);
            a.Label(ref fine);
            a.inc(__qword_ptr[Visits]);
            a.jmp(spin);
        });
        Run(guest);
    }

    /// <summary>A write that the other still makes after its answer would land in a page that is somebody else's.</summary>
    [Fact]
    public void Page_MadeReadOnlyAndAcknowledged_IsNotWrittenAnyMore()
    {
        using BareGuest guest = new(processors: 2);
        guest.Map(Page, FrameA);
        ulong entry = guest.EntryOf(Page);
        Handle(guest, a => a.invlpg(__byte_ptr[Page]));

        // The faulting store is skipped by waiting for the page to come back.
        const ulong FaultHandler = 0x16_0000;
        guest.SetGate(14, FaultHandler);
        guest.Assemble(FaultHandler, a =>
        {
            a.add(rsp, 8);
            a.sti();
            a.iretq();
        });
        guest.Assemble(BareGuest.Code, a =>
        {
            Start(a, out Label victim);
            Label round = a.CreateLabel();
            Label same = a.CreateLabel();
            Label look = a.CreateLabel();
            Label visit = a.CreateLabel();
            a.mov(edi, Rounds);
            a.Label(ref round);
            a.mov(eax, (uint)FrameA | 5);
            a.mov(__[entry], rax);
            SendAndWait(a);
            a.mov(rbx, __qword_ptr[FrameA]);
            a.mov(ecx, 50);
            a.Label(ref look);
            a.pause();
            a.dec(ecx);
            a.jne(look);
            a.cmp(rbx, __qword_ptr[FrameA]);
            a.je(same);
            a.@lock.inc(__qword_ptr[Failures]);
            a.Label(ref same);
            a.mov(rbx, __qword_ptr[Visits]);
            a.mov(eax, (uint)FrameA | 7);
            a.mov(__[entry], rax);

            // Where both share a core the other would hardly ever run while it may write.
            a.Label(ref visit);
            a.pause();
            a.cmp(rbx, __qword_ptr[Visits]);
            a.je(visit);
            a.dec(edi);
            a.jne(round);
            BareGuest.Stop(a);

            a.Label(ref victim);
            a.nop();
            Label spin = a.CreateLabel();
            a.Label(ref spin);
            a.inc(__qword_ptr[Page]);
            a.inc(__qword_ptr[Visits]);
            a.jmp(spin);
        });
        Run(guest);
    }

    /// <summary>Code is changed in place; after the answer the old constant must not come back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Code_ChangedAndAcknowledged_OldIsNotExecutedAnyMore(bool breakpoint)
    {
        using BareGuest guest = new(processors: 2);
        Handle(guest, a => a.cpuid());

        // INT3 in front of the function, as a patching kernel does it: the handler goes on behind it.
        const ulong BreakpointHandler = 0x16_0000;
        guest.SetGate(3, BreakpointHandler);
        guest.Assemble(BreakpointHandler, a =>
        {
            a.mov(rax, __qword_ptr[Generation]);
            a.mov(rsp, __qword_ptr[rsp + 24]);
            a.sti();
            a.ret();
        });
        guest.Assemble(Function, a =>
        {
            a.mov(eax, 0);
            a.ret();
        });
        guest.Assemble(BareGuest.Code, a =>
        {
            Start(a, out Label victim);
            Label round = a.CreateLabel();
            a.mov(edi, Rounds);
            a.mov(ebx, 1);
            a.Label(ref round);
            if (breakpoint)
            {
                a.mov(__byte_ptr[Function], 0xCC);
                SendAndWait(a);
            }

            a.mov(__dword_ptr[Function + 1], ebx);
            if (breakpoint)
            {
                SendAndWait(a);
                a.mov(__byte_ptr[Function], 0xB8);
            }

            SendAndWait(a);
            a.mov(__[Generation], rbx);
            a.inc(ebx);
            a.dec(edi);
            a.jne(round);
            BareGuest.Stop(a);

            a.Label(ref victim);
            a.nop();
            Label spin = a.CreateLabel();
            Label fine = a.CreateLabel();
            a.mov(r14d, (uint)Function);
            a.Label(ref spin);
            a.mov(r15, __qword_ptr[Generation]);
            a.call(r14);
            a.cmp(rax, r15);
            a.jae(fine);
            a.@lock.inc(__qword_ptr[Failures]);
            a.Label(ref fine);
            a.inc(__qword_ptr[Visits]);
            a.jmp(spin);
        });
        Run(guest);
    }

    /// <summary>Locked additions of both processors, also on operands over the edge of two pages, are all there.</summary>
    [Theory]
    [InlineData(Page + 8)]
    [InlineData(Page + 61)]
    [InlineData(Page + 0xFFD)]
    public void LockedAddition_BothProcessors_NoneIsLost(ulong operand)
    {
        const uint Additions = 5_000;
        using BareGuest guest = new(processors: 2);
        guest.Map(Page, FrameA);
        guest.Map(Page + 0x1000, FrameB + 0x5000);
        guest.Assemble(BareGuest.Code, a =>
        {
            Label again = a.CreateLabel();
            Label wait = a.CreateLabel();
            a.mov(edi, Additions);
            a.mov(r8d, (uint)operand);
            a.Label(ref again);
            a.@lock.add(__qword_ptr[r8], 1);
            a.dec(edi);
            a.jne(again);
            a.@lock.inc(__dword_ptr[Visits]);
            a.Label(ref wait);
            a.pause();
            a.cmp(__dword_ptr[Visits], 2);
            a.jne(wait);
            BareGuest.Stop(a);
        });
        SetStates(guest);
        guest.RunAll();
        byte[] bytes = new byte[8];
        for (int i = 0; i < 8; i++)
        {
            ulong linear = operand + (ulong)i;
            ulong frame = linear < Page + 0x1000 ? FrameA : FrameB + 0x5000;
            Assert.True(guest.Memory.TryRead(frame + (linear & 0xFFF), bytes.AsSpan(i, 1)));
        }

        Assert.Equal(2 * Additions, BitConverter.ToUInt64(bytes));
    }

    private static void Run(BareGuest guest)
    {
        SetStates(guest);
        guest.RunAll();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.True(guest.Bus.Stopped);
        string others = string.Join(' ', guest.Partition.All[1].GetState().Gpr.Select(r => r.ToString("X")));
        Assert.True(guest.Read(Failures) == 0, $"{guest.Read(Failures)} failures of {guest.Read(Visits)}, code {guest.Read(Function):X}, registers {others}");
        Assert.True(guest.Read(Visits) > 10, $"{guest.Read(Visits)} visits");
    }

    private static void SetStates(BareGuest guest)
    {
        for (int i = 0; i < 2; i++)
        {
            ProcessorState state = BareGuest.EntryState();
            state.Msrs[Msr.ApicBase] = 0xFEE0_0800 | (i == 0 ? 0x100u : 0);
            state.Gpr[4] -= (ulong)i * 0x1000;
            state.Gpr[6] = (ulong)i;
            guest.Partition.All[i].SetState(state);
        }
    }

    // The victim's answer.
    private static void Handle(BareGuest guest, Action<Assembler> act)
    {
        guest.SetGate(Vector, Handler);
        guest.Assemble(Handler, a =>
        {
            a.push(rax);
            a.push(rbx);
            a.push(rcx);
            a.push(rdx);
            act(a);
            EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0xB, 0);
            a.inc(__qword_ptr[Acknowledged]);
            a.pop(rdx);
            a.pop(rcx);
            a.pop(rbx);
            a.pop(rax);
            a.iretq();
        });
    }

    // RSI tells the processors apart. The first one waits until the second is ready.
    private static void Start(Assembler a, out Label victim)
    {
        victim = a.CreateLabel();
        Label second = a.CreateLabel();
        Label wait = a.CreateLabel();
        EngineGuests.EnableApic(a);
        a.test(esi, esi);
        a.jne(second);
        a.Label(ref wait);
        a.pause();
        a.cmp(__dword_ptr[Visits + 8], 0);
        a.je(wait);
        Label first = a.CreateLabel();
        a.jmp(first);
        a.Label(ref second);
        a.mov(__dword_ptr[Visits + 8], 1);
        a.sti();
        a.jmp(victim);
        a.Label(ref first);
        a.nop();
    }

    // A fixed interrupt to APIC 1, and its answer.
    private static void SendAndWait(Assembler a)
    {
        Label wait = a.CreateLabel();
        a.mov(r9, __qword_ptr[Acknowledged]);
        EngineGuests.Wrmsr(a, Msr.X2ApicFirst + 0x30, (1UL << 32) | Vector);
        a.Label(ref wait);
        a.pause();
        a.cmp(r9, __qword_ptr[Acknowledged]);
        a.je(wait);
    }
}
