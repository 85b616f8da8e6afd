using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Tests.Svm;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>A guest that is saved and restored at any boundary ends as one that was not.</summary>
public sealed unsafe class SaveRestoreTests
{
    private const ulong Used = 6 << 20;
    private const ulong Source = 0x30_0000;
    private const ulong Target = 0x31_0000;
    private const ulong Traps = 0x32_0000;
    private const ulong Handler = 0x15_0000;
    private static readonly int s_seed = Environment.GetEnvironmentVariable("NESTVISOR_SAVE_SEED") is string text ? int.Parse(text) : 11;

    [Fact]
    public void SaveRestore_EveryBoundaryOfL1_EndsTheSame()
    {
        using BareGuest whole = Level1();
        string expected = RunToEnd(whole);
        using BareGuest first = Level1();
        using BareGuest second = Level1();
        int moves = Shuttle(first, second, () => 1, out BareGuest last);
        Assert.Equal(expected, Digest(last));
        Assert.True(moves > 300, $"only {moves} boundaries");
    }

    [Fact]
    public void SaveRestore_RandomBoundariesOfL1_EndsTheSame()
    {
        using BareGuest whole = Level1();
        string expected = RunToEnd(whole);
        Random random = new(s_seed);
        for (int i = 0; i < 8; i++)
        {
            using BareGuest first = Level1();
            using BareGuest second = Level1();
            _ = Shuttle(first, second, () => 1 + random.Next(60), out BareGuest last);
            Assert.Equal((i, expected), (i, Digest(last)));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SaveRestore_EveryBoundaryOfL2_EndsTheSame(bool nestedPaging)
    {
        using NestedGuest whole = Level2(nestedPaging);
        string expected = RunToEnd(whole.Guest);
        Assert.Equal(30, whole.Guest.Partition.GetCounters()["vmrun"]);
        using NestedGuest first = Level2(nestedPaging);
        using NestedGuest second = Level2(nestedPaging);
        int inside = 0;
        int moves = Shuttle(first.Guest, second.Guest, () => 1, out BareGuest last, p => inside += p.InGuestMode ? 1 : 0);
        Assert.Equal(expected, Digest(last));
        Assert.True(moves > 300 && inside > 100, $"{moves} boundaries, {inside} in L2");
    }

    [Fact]
    public void SaveRestore_MiddleOfRepeatedMove_GoesOn()
    {
        const ulong BigSource = 0x40_0000;
        const ulong BigTarget = 0x50_0000;
        const int Count = 60_000;
        using BareGuest guest = new();
        guest.Assemble(BareGuest.Code, a =>
        {
            a.mov(esi, (uint)BigSource + (8 * (Count - 1)));
            a.mov(edi, (uint)BigTarget + (8 * (Count - 1)));
            a.mov(ecx, Count);
            a.std();
            a.rep.movsq();
            a.cld();
            BareGuest.Stop(a);
        });
        Fill(guest, BigSource, 8 * Count);
        using BareGuest other = new();
        int middle = 0;
        _ = Shuttle(guest, other, () => 1, out BareGuest last, p => middle += p.State->Gpr[1] is > 0 and < Count && p.State->Gpr[7] > BigTarget ? 1 : 0);
        byte[] from = new byte[8 * Count];
        byte[] to = new byte[8 * Count];
        Assert.True(last.Memory.TryRead(BigSource, from) && last.Memory.TryRead(BigTarget, to));
        Assert.Equal(from, to);
        Assert.True(middle > 5, $"{middle} boundaries within the instruction");
    }

    [Fact]
    public void SaveRestore_PendingX87Exception_IsShownAgain()
    {
        using BareGuest guest = new();
        ProcessorState state = guest.Processor.GetState();
        state.Fx[0] = 0x7B;
        state.Fx[1] = 3;
        state.Fx[2] = 4;
        state.Fx[26] = 0xFF;
        guest.Processor.SetState(state);
        ProcessorState again = guest.Processor.GetState();
        Assert.Equal(0x80, again.Fx[2] & 0x80);
        Assert.Equal(0, again.Fx[26]);
    }

    /// <summary>Integer, x87 and SSE state, a page-crossing REP, shadows, single step and a data breakpoint.</summary>
    private static BareGuest Level1()
    {
        BareGuest guest = new();
        Fill(guest, Source, 0x3000);
        guest.SetGate(1, Handler);
        guest.Assemble(Handler, a =>
        {
            a.push(rax);
            a.inc(__qword_ptr[Traps]);
            a.mov(rax, dr6);
            a.add(__[Traps + 8], rax);
            a.xor(eax, eax);
            a.mov(dr6, rax);
            a.pop(rax);
            a.iretq();
        });
        guest.Assemble(BareGuest.Code, a =>
        {
            a.mov(ebx, 0x1234_5678);
            a.mov(r8d, 5);
            a.fninit();
            a.fld1();
            a.fldpi();
            Label outer = a.CreateLabel();
            a.Label(ref outer);
            a.mov(ecx, 10);
            Label inner = a.CreateLabel();
            a.Label(ref inner);
            a.imul(rbx, rbx, 0x6D);
            a.adc(rbx, rcx);
            a.movq(xmm1, rbx);
            a.paddq(xmm2, xmm1);
            a.fadd(st0, st1);
            a.dec(ecx);
            a.jne(inner);
            a.mov(esi, (uint)Source + 0x7F1);
            a.mov(edi, (uint)Target + 3);
            a.mov(ecx, 0x1801);
            a.rep.movsb();
            a.mov(eax, ss);
            a.mov(ss, eax);
            a.inc(rbx);
            a.pushfq();
            a.or(__dword_ptr[rsp], 0x100);
            a.popfq();
            a.inc(rbx);
            a.mov(ss, eax);
            a.add(rbx, rbx);
            a.mov(ecx, 3);
            a.mov(esi, (uint)Source);
            a.mov(edi, (uint)Target + 0x100);
            a.rep.movsd();
            a.pushfq();
            a.and(__dword_ptr[rsp], unchecked((int)~0x100u));
            a.popfq();
            a.mov(eax, (uint)Target + 0x200);
            a.mov(dr0, rax);
            a.mov(eax, 0xD_0403);
            a.mov(dr7, rax);
            a.mov(__[Target + 0x200], ebx);
            a.mov(eax, 0x400);
            a.mov(dr7, rax);
            a.dec(r8d);
            a.jne(outer);
            a.fnstsw(ax);
            a.movq(rdx, xmm2);
            BareGuest.Stop(a);
        });
        return guest;
    }

    /// <summary>L2 runs 30 times with injected events, an interrupt shadow, changed control registers and its own address space identifiers.</summary>
    private static NestedGuest Level2(bool nestedPaging)
    {
        NestedGuest n = new(
            afterExit: a =>
            {
                a.add(r9, __qword_ptr[NestedGuest.ControlBlock + X64.Svm.VmcbOffsets.ExitCode]);
                a.mov(rax, __qword_ptr[NestedGuest.ControlBlock + X64.Svm.VmcbOffsets.NextRip]);
                a.mov(__[NestedGuest.ControlBlock + X64.Svm.VmcbOffsets.Rip], rax);
                a.mov(rax, 0x8000_0050UL);
                a.mov(__[NestedGuest.ControlBlock + X64.Svm.VmcbOffsets.EventInjection], rax);
                NestedGuest.Stgi(a);
                a.inc(r10d);
                a.cmp(r10d, 30);
                Label more = a.CreateLabel();
                a.jb(more);
                BareGuest.Stop(a);
                a.Label(ref more);
                a.jmp(__qword_ptr[NestedGuest.Data]);
            },
            beforeEntry: a => a.nop());
        n.Guest.SetGate(0x50, Handler);
        n.Guest.Assemble(Handler, a =>
        {
            a.inc(__qword_ptr[Traps]);
            a.iretq();
        });
        if (nestedPaging)
        {
            n.UseNestedPaging();
        }

        // "Again" of the fixture is where the control block's address is loaded.
        n.Guest.Write(NestedGuest.Data, FindEntry(n.Guest));
        Fill(n.Guest, Source, 0x2000);
        n.Code(a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.imul(rbx, rbx, 0x35);
            a.inc(rbx);
            a.mov(rdx, cr4);
            a.xor(rdx, (int)Cr4.DE);
            a.mov(cr4, rdx);
            a.sti();
            a.inc(rbx);
            a.cli();
            a.mov(esi, (uint)Source);
            a.mov(edi, (uint)Target);
            a.mov(ecx, 7);
            a.rep.movsq();
            NestedGuest.Vmmcall(a);
            a.jmp(again);
        });
        return n;
    }

    // The NOP before the loop of entries.
    private static ulong FindEntry(BareGuest guest)
    {
        byte[] code = new byte[256];
        Assert.True(guest.Memory.TryRead(BareGuest.Code, code));
        return BareGuest.Code + (ulong)Array.IndexOf(code, (byte)0x90);
    }

    private static string RunToEnd(BareGuest guest)
    {
        Assert.Equal(RunResult.Stopped, guest.Run());
        return Digest(guest);
    }

    // Runs a few instructions at a time, each time in the other partition.
    private static int Shuttle(
        BareGuest first, BareGuest second, Func<int> steps, out BareGuest last, Action<SoftwareProcessor>? visit = null)
    {
        BareGuest now = first;
        for (int moves = 0; ; moves++)
        {
            now.Processor.StopAfter(steps());
            Assert.Equal(RunResult.Stopped, now.Run());
            if (now.Bus.Stopped)
            {
                last = now;
                return moves;
            }

            Assert.True(moves < 100_000);
            visit?.Invoke(now.Processor);
            BareGuest next = now == first ? second : first;
            Copy(now, next);
            next.Processor.SetState(now.Processor.GetState());
            now = next;
        }
    }

    private static void Copy(BareGuest from, BareGuest to)
    {
        for (ulong page = 0; page < Used; page += 4096)
        {
            Assert.True(from.Memory.TryGetSpan(page, 4096, out Span<byte> source));
            Assert.True(to.Memory.TryGetSpan(page, 4096, out Span<byte> target));
            if (!source.SequenceEqual(target))
            {
                Assert.True(to.Memory.TryWrite(page, source));
            }
        }
    }

    private static string Digest(BareGuest guest)
    {
        Assert.Equal(-1, guest.UnexpectedVector);
        ProcessorState state = guest.Processor.GetState();
        Assert.True(guest.Memory.TryGetSpan(0, (int)Used, out Span<byte> memory));
        return $"{string.Join(' ', state.Gpr.Select(r => r.ToString("X")))} RIP {state.Rip:X} flags {state.Rflags:X} "
            + $"CR4 {state.Cr4:X} DR6 {state.Dr[6]:X} FX {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(state.Fx))[..8]} "
            + $"traps {guest.Read(Traps)} {guest.Read(Traps + 8):X} memory {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(memory))[..8]}";
    }

    private static void Fill(BareGuest guest, ulong address, int length)
    {
        byte[] bytes = new byte[length];
        new Random(5).NextBytes(bytes);
        Assert.True(guest.Memory.TryWrite(address, bytes));
    }
}
