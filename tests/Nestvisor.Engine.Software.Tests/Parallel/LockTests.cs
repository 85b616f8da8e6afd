using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// Locks and lists as kernels build them, on two processors and on eight, of which the host runs some at a time: nothing is lost,
/// and it comes to its end.
/// </summary>
[Collection(nameof(ParallelGuests))]
public sealed class LockTests
{
    private const ulong Lock = 0x3_0000;
    private const ulong Serving = 0x3_0040;
    private const ulong Counter = 0x3_0080;
    private const ulong Contended = 0x3_00C0;
    private const ulong Head = 0x3_0100;
    private const ulong Nodes = 0x3_1000;
    private const uint NodeBytes = 64;
    private const uint NodeCount = 4;
    private const uint Additions = 400_000;

    /// <summary>What one processor does once, by name: adds 1 to the counter.</summary>
    private static readonly Dictionary<string, Action<Assembler>> s_steps = new()
    {
        ["ticket lock"] = TicketLock,
        ["XCHG lock"] = a => SpinLock(a, () =>
        {
            a.mov(eax, 1);
            a.xchg(__[Lock], eax);
            a.test(eax, eax);
        }),
        ["CMPXCHG lock"] = a => SpinLock(a, () =>
        {
            a.xor(eax, eax);
            a.mov(ecx, 1);
            a.@lock.cmpxchg(__[Lock], ecx);
        }),
        ["BTS lock"] = a => SpinLock(a, () =>
        {
            a.mov(ecx, 3);
            a.@lock.bts(__[Lock], ecx);
            a.sbb(eax, eax);
        }),
        ["LOCK XADD"] = a =>
        {
            a.mov(eax, 1);
            a.@lock.xadd(__[Counter], rax);
        },
        ["LOCK CMPXCHG"] = a =>
        {
            Label again = a.CreateLabel();
            a.mov(rax, __qword_ptr[Counter]);
            a.Label(ref again);
            a.lea(rcx, __[rax + 1]);
            a.@lock.cmpxchg(__[Counter], rcx);
            a.jne(again);
        },
        ["LOCK ADC"] = a =>
        {
            a.stc();
            a.@lock.adc(__qword_ptr[Counter], 0);
        },
        ["LOCK SUB"] = a => a.@lock.sub(__qword_ptr[Counter], -1),
    };

    /// <summary>Each step on two and on eight processors, in each tier.</summary>
    public static TheoryData<string, int, bool> Steps
    {
        get
        {
            TheoryData<string, int, bool> data = [];
            foreach (string step in s_steps.Keys)
            {
                foreach (int processors in (ReadOnlySpan<int>)[2, 8])
                {
                    data.Add(step, processors, false);
                    data.Add(step, processors, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Counter_UnderLock_IsExact(string step, int processors, bool translated)
    {
        bool isLock = step.EndsWith("lock", StringComparison.Ordinal);
        long contended = ParallelGuests.UntilMet(() =>
        {
            using BareGuest guest = ParallelGuests.Create(processors, translated);

            // Each turn of a ticket lock is a change of threads where processors are more than cores.
            uint additions = step == "ticket lock" ? Additions / 10 : Additions;
            ParallelGuests.Run(guest, (a, index) => EmitLoop(a, index, processors, additions, () => s_steps[step](a)));

            Assert.Equal(additions, guest.Read(Counter));
            if (!isLock)
            {
                return 1;
            }

            Assert.Equal(0ul, step == "ticket lock" ? guest.Read(Lock) - guest.Read(Serving) : guest.Read(Lock));
            return (long)guest.Read(Contended);
        });

        Assert.True(contended > 0, "Nobody had to wait for the lock.");
    }

    /// <summary>
    /// A list with a counter beside its head, as lock-free lists have it: who has taken a node off it owns it, and counts in it.
    /// </summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(8, false)]
    [InlineData(8, true)]
    public void List_ByCompareExchange16_LosesNoNode(int processors, bool translated)
    {
        using BareGuest guest = ParallelGuests.Create(processors, translated);
        guest.Write(Head, Nodes);
        for (ulong i = 0; i < NodeCount - 1; i++)
        {
            guest.Write(Nodes + (i * NodeBytes), Nodes + ((i + 1) * NodeBytes));
        }

        ParallelGuests.Run(guest, (a, index) => EmitLoop(a, index, processors, Additions, () => TakeCountAndPutBack(a)));

        ulong sum = 0;
        int length = 0;
        for (ulong node = guest.Read(Head); node != 0 && length <= NodeCount; node = guest.Read(node))
        {
            sum += guest.Read(node + 8);
            length++;
        }

        Assert.Equal((int)NodeCount, length);
        Assert.Equal(Additions, sum);
        Assert.Equal(2 * Additions, guest.Read(Head + 8));
    }

    /// <summary>Beside code, in its page, operations are slow and as atomic as elsewhere.</summary>
    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(8, false)]
    [InlineData(8, true)]
    public void Counter_BesideCode_IsExact(int processors, bool translated)
    {
        const ulong BesideCode = BareGuest.Code + 0x800;
        const uint Few = 40_000;
        using BareGuest guest = ParallelGuests.Create(processors, translated);

        ParallelGuests.Run(guest, (a, index) => EmitLoop(a, index, processors, Few, () => a.@lock.inc(__qword_ptr[BesideCode])));

        Assert.Equal(Few, guest.Read(BesideCode));
    }

    private static void EmitLoop(Assembler a, int index, int processors, uint additions, Action step)
    {
        Label again = a.CreateLabel();
        a.mov(edi, 1);
        ParallelGuests.EmitBarrier(a, index, processors, edi);
        a.mov(edi, additions / (uint)processors);
        a.Label(ref again);
        a.nop();
        step();
        a.dec(edi);
        a.jne(again);
        a.@lock.add(__[Contended], r12);
    }

    private static void TicketLock(Assembler a)
    {
        Label wait = a.CreateLabel();
        Label mine = a.CreateLabel();
        a.mov(eax, 1);
        a.@lock.xadd(__[Lock], eax);
        a.Label(ref wait);
        a.cmp(__[Serving], eax);
        a.je(mine);
        a.inc(r12d);
        a.pause();
        a.jmp(wait);
        a.Label(ref mine);
        Count(a);
        a.inc(__dword_ptr[Serving]);
    }

    // Tries; spins on a plain load while it is taken. The attempt has succeeded if it leaves ZF.
    private static void SpinLock(Assembler a, Action attempt)
    {
        Label again = a.CreateLabel();
        Label wait = a.CreateLabel();
        Label mine = a.CreateLabel();
        a.Label(ref again);
        a.nop();
        attempt();
        a.je(mine);
        a.Label(ref wait);
        a.inc(r12d);
        a.pause();
        a.cmp(__dword_ptr[Lock], 0);
        a.jne(wait);
        a.jmp(again);
        a.Label(ref mine);
        Count(a);
        a.mov(__dword_ptr[Lock], 0);
    }

    // An addition in three steps, which another processor between them would spoil. PAUSE now and then lets others run while the lock
    // is held.
    private static void Count(Assembler a)
    {
        Label usual = a.CreateLabel();
        a.mov(rcx, __qword_ptr[Counter]);
        a.test(edi, 15);
        a.jne(usual);
        a.pause();
        a.Label(ref usual);
        a.inc(rcx);
        a.mov(__qword_ptr[Counter], rcx);
    }

    private static void TakeCountAndPutBack(Assembler a)
    {
        Label take = a.CreateLabel();
        Label empty = a.CreateLabel();
        Label put = a.CreateLabel();
        Label taken = a.CreateLabel();
        Label usual = a.CreateLabel();
        a.Label(ref take);
        a.nop();
        a.mov(rdx, __qword_ptr[Head + 8]);
        a.mov(rax, __qword_ptr[Head]);
        a.test(rax, rax);
        a.je(empty);
        a.mov(rbx, __qword_ptr[rax]);
        a.lea(rcx, __[rdx + 1]);
        a.@lock.cmpxchg16b(__[Head]);
        a.je(taken);
        a.Label(ref empty);
        a.pause();
        a.jmp(take);

        a.Label(ref taken);
        a.mov(rcx, __qword_ptr[rax + 8]);
        a.test(edi, 15);
        a.jne(usual);
        a.pause();
        a.Label(ref usual);
        a.inc(rcx);
        a.mov(__[rax + 8], rcx);
        a.mov(rbx, rax);
        a.Label(ref put);
        a.mov(rdx, __qword_ptr[Head + 8]);
        a.mov(rax, __qword_ptr[Head]);
        a.mov(__[rbx], rax);
        a.lea(rcx, __[rdx + 1]);
        a.@lock.cmpxchg16b(__[Head]);
        a.jne(put);
    }
}
