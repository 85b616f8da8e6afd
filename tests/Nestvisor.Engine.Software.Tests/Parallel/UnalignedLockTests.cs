using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// Locked operations on operands that no cache line holds alone (Intel SDM vol. 3 §9.1.2.2): one processor exchanges all bits again
/// and again, the other never finds some of them exchanged. That plain accesses to the same operand are torn, which is allowed,
/// has to be seen too: else nothing was tried.
/// </summary>
[Collection(nameof(ParallelGuests))]
public sealed class UnalignedLockTests
{
    private const int Million = 1_000_000;

    // Plain readings until one is torn, at most; on a busy host the other processor may not run for a while.
    private const int MostReadings = 20 * Million;
    private const ulong Page = 0x60_0000;
    private const ulong FrameA = 0x70_0000;
    private const ulong FrameB = 0x70_5000;
    private const ulong Torn = 0x3_0000;
    private const ulong Finished = 0x3_0040;

    [Theory]
    [InlineData(false, Page + 61, 8)]
    [InlineData(true, Page + 61, 8)]
    [InlineData(false, Page + 62, 4)]
    [InlineData(true, Page + 62, 4)]
    [InlineData(false, Page + 63, 2)]
    [InlineData(true, Page + 63, 2)]
    [InlineData(false, Page + 0xFFD, 8)]
    [InlineData(true, Page + 0xFFD, 8)]
    [InlineData(false, Page + 0xFFF, 2)]
    [InlineData(true, Page + 0xFFF, 2)]
    public void Exchange_OverAnEdge_IsNeverSeenInParts(bool translated, ulong operand, int size)
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "On one core virtual processors do not run at the same time.");

        // Over the edge of two pages each one stops the other processor: on a busy host a million take a minute.
        bool stops = (operand & 0xFFF) + (ulong)size > 4096;
        int runs = stops && Environment.GetEnvironmentVariable("NESTVISOR_SLOW") != "1" ? Million / 10 : Million;
        Assert.Equal(0ul, CountTorn(translated, operand, size, locked: true, runs));
        long torn = ParallelGuests.UntilMet(() => (long)CountTorn(translated, operand, size, locked: false, MostReadings));
        Assert.True(torn > 0, "The processors did not meet: plain accesses were never torn.");
    }

    private static ulong CountTorn(bool translated, ulong operand, int size, bool locked, int runs)
    {
        using BareGuest guest = ParallelGuests.Create(2, translated);
        guest.Map(Page, FrameA);
        guest.Map(Page + 0x1000, FrameB);
        ParallelGuests.Run(guest, (a, index) =>
        {
            a.mov(r13d, 1);
            a.mov(r8d, (uint)operand);
            ParallelGuests.EmitBarrier(a, index, 2, r13d);
            if (index == 0)
            {
                EmitWriter(a, size, locked);
            }
            else
            {
                EmitReader(a, size, locked, runs);
            }
        }, TimeSpan.FromMinutes(10));
        return guest.Read(Torn);
    }

    private static void EmitWriter(Assembler a, int size, bool locked)
    {
        Label loop = a.CreateLabel();
        a.Label(ref loop);
        a.not(rbx);
        a.mov(rax, rbx);
        switch (size)
        {
            case 2 when locked:
                a.xchg(__[r8], ax);
                break;
            case 2:
                a.mov(__[r8], ax);
                break;
            case 4 when locked:
                a.xchg(__[r8], eax);
                break;
            case 4:
                a.mov(__[r8], eax);
                break;
            default:
                if (locked)
                {
                    a.xchg(__[r8], rax);
                }
                else
                {
                    a.mov(__[r8], rax);
                }

                break;
        }

        a.cmp(__dword_ptr[Finished], 0);
        a.je(loop);
    }

    // RAX is all zeros or all ones in what was read, or the reading was torn.
    private static void EmitReader(Assembler a, int size, bool locked, int runs)
    {
        Label loop = a.CreateLabel();
        Label whole = a.CreateLabel();
        a.mov(edi, runs);
        a.Label(ref loop);
        a.xor(eax, eax);
        switch (size)
        {
            case 2:
                if (locked)
                {
                    a.@lock.xadd(__[r8], ax);
                }
                else
                {
                    a.mov(ax, __[r8]);
                }

                a.movsx(rax, ax);
                break;
            case 4:
                if (locked)
                {
                    a.@lock.xadd(__[r8], eax);
                }
                else
                {
                    a.mov(eax, __[r8]);
                }

                a.movsxd(rax, eax);
                break;
            default:
                if (locked)
                {
                    a.@lock.xadd(__[r8], rax);
                }
                else
                {
                    a.mov(rax, __[r8]);
                }

                break;
        }

        a.inc(rax);
        a.cmp(rax, 1);
        a.jbe(whole);
        a.inc(__qword_ptr[Torn]);
        if (!locked)
        {
            a.mov(edi, 1);
        }

        a.Label(ref whole);
        a.dec(edi);
        a.jne(loop);
        a.inc(__dword_ptr[Finished]);
    }
}
