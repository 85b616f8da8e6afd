using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// IRIW: all processors see the stores of two others in one order (Intel SDM vol. 3 §9.2.3.7). Two processors count up a variable
/// each; two read both, in opposite orders, a million times. Any two readings can be compared then, one of each reader: a million
/// million instead of a million.
/// </summary>
[Collection(nameof(ParallelGuests))]
public sealed class IndependentReadsTests
{
    private const int Million = 1_000_000;
    private const ulong X = 0x40_0000;
    private const ulong Y = 0x48_0000;
    private const ulong ReadersDone = 0x3_0000;
    private const ulong Readings = 0x80_0000;
    private const ulong ReadingsBytes = 0x80_0000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stores_OfTwoProcessors_AreSeenInOneOrder(bool translated)
    {
        Assert.SkipWhen(Environment.ProcessorCount < 2, "On one core virtual processors do not run at the same time.");
        long met = ParallelGuests.UntilMet(() =>
        {
            using BareGuest guest = ParallelGuests.Create(4, translated);
            ParallelGuests.Run(guest, EmitProcessor);
            (int X, int Y)[] first = Collect(guest, 0, yFirst: false);
            (int X, int Y)[] second = Collect(guest, 1, yFirst: true);
            AssertOneOrder(first, second);
            return Math.Min(CountNews(first), CountNews(second));
        });

        TestContext.Current.TestOutputHelper?.WriteLine($"Stores were seen {met} times while reading.");
        Assert.True(met > 0, "The readers saw nothing of the writers.");
    }

    private static void EmitProcessor(Assembler a, int index)
    {
        a.mov(r13d, 1);
        ParallelGuests.EmitBarrier(a, index, 4, r13d);
        Label loop = a.CreateLabel();
        Label on = a.CreateLabel();
        if (index < 2)
        {
            a.Label(ref loop);
            a.inc(r13d);
            a.mov(__dword_ptr[index == 0 ? X : Y], r13d);
            a.test(r13d, 15);
            a.jne(on);
            a.pause();
            a.Label(ref on);
            a.cmp(__dword_ptr[ReadersDone], 2);
            a.jne(loop);
            return;
        }

        a.mov(ebp, (uint)(Readings + ((ulong)(index - 2) * ReadingsBytes)));
        a.mov(edi, Million);
        a.Label(ref loop);
        a.mov(eax, __dword_ptr[index == 2 ? X : Y]);
        a.mov(ecx, __dword_ptr[index == 2 ? Y : X]);
        a.mov(__dword_ptr[rbp], eax);
        a.mov(__dword_ptr[rbp + 4], ecx);
        a.add(rbp, 8);
        a.test(edi, 63);
        a.jne(on);
        a.pause();
        a.Label(ref on);
        a.dec(edi);
        a.jne(loop);
        a.@lock.inc(__dword_ptr[ReadersDone]);
    }

    private static (int X, int Y)[] Collect(BareGuest guest, int reader, bool yFirst)
    {
        byte[] bytes = new byte[Million * 8];
        Assert.True(guest.Memory.TryRead(Readings + ((ulong)reader * ReadingsBytes), bytes));
        ReadOnlySpan<int> values = MemoryMarshal.Cast<byte, int>(bytes);
        (int X, int Y)[] readings = new (int, int)[Million];
        for (int i = 0; i < Million; i++)
        {
            (int first, int second) = (values[2 * i], values[(2 * i) + 1]);
            readings[i] = yFirst ? (second, first) : (first, second);
            Assert.False(i > 0 && (readings[i].X < readings[i - 1].X || readings[i].Y < readings[i - 1].Y), $"Reading {i} goes back.");
        }

        return readings;
    }

    // Forbidden: the first reader saw X new and then Y old, the second one Y new and then X old. Both only go up, so that of the second
    // one's readings with an older X the last has the newest Y.
    private static void AssertOneOrder((int X, int Y)[] first, (int X, int Y)[] second)
    {
        int older = -1;
        for (int i = 0; i < first.Length; i++)
        {
            while (older + 1 < second.Length && second[older + 1].X < first[i].X)
            {
                older++;
            }

            Assert.False(
                older >= 0 && second[older].Y > first[i].Y,
                $"One saw X at {first[i].X} before Y was {first[i].Y + 1}, the other Y at {second[Math.Max(older, 0)].Y} before X was {first[i].X}.");
        }
    }

    private static int CountNews((int X, int Y)[] readings)
    {
        int x = 0;
        int y = 0;
        for (int i = 1; i < readings.Length; i++)
        {
            x += readings[i].X != readings[i - 1].X ? 1 : 0;
            y += readings[i].Y != readings[i - 1].Y ? 1 : 0;
        }

        return Math.Min(x, y);
    }
}
