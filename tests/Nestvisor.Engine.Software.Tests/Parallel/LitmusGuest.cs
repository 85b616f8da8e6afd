using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// Runs a litmus test again and again inside the guest. A batch is a number of runs one after the other, each on cache lines of
/// its own, which the processors begin together; in batch b all stores write b, so that a load sees b or, as "not yet", b - 1, and
/// nothing has to be cleared. What is loaded stays in guest memory until the end and is judged outside.
/// </summary>
/// <remarks>In a body R13D is the batch's number, RDI the run's offset in a variable; RAX, RCX, RDX and the flags are free.</remarks>
internal static class LitmusGuest
{
    /// <summary>First variable.</summary>
    public const int X = 0x40_0000;

    /// <summary>Second variable.</summary>
    public const int Y = 0x48_0000;

    private const ulong ResultBase = 0x80_0000;
    private const int LineBytes = 64;
    private const int RunsPerBatch = 64;

    /// <summary>Emits what one processor does in a run.</summary>
    /// <param name="a">The assembler.</param>
    /// <param name="index">The processor.</param>
    /// <param name="keep">Writes EAX to the results.</param>
    public delegate void Body(Assembler a, int index, Action keep);

    /// <summary>Runs a test on two processors.</summary>
    /// <param name="translated">Whether all code is native, or all of it interpreted.</param>
    /// <param name="runs">Runs of each body.</param>
    /// <param name="loads">For each processor how many values it keeps in a run.</param>
    /// <param name="bodies">What is run: with several, their batches take turns.</param>
    /// <returns>For each body and processor the values: 1 for what the run stored, 0 for "not yet".</returns>
    public static byte[][][] Run(bool translated, int runs, int[] loads, params Body[] bodies)
    {
        int batches = (runs + RunsPerBatch - 1) / RunsPerBatch * bodies.Length;
        using BareGuest guest = ParallelGuests.Create(loads.Length, translated);
        guest.Bus.OnWrite = static (_, _) => { };
        ParallelGuests.Run(guest, (a, index) => EmitProcessor(a, index, loads, batches, bodies));

        byte[][][] results = new byte[bodies.Length][][];
        for (int body = 0; body < bodies.Length; body++)
        {
            results[body] = new byte[loads.Length][];
            for (int index = 0; index < loads.Length; index++)
            {
                results[body][index] = Collect(guest, index, loads, batches, body, bodies.Length);
            }
        }

        return results;
    }

    private static void EmitProcessor(Assembler a, int index, int[] loads, int batches, Body[] bodies)
    {
        Label batch = a.CreateLabel();
        Label end = a.CreateLabel();
        a.mov(r13d, 1);
        a.mov(ebp, (uint)ResultsOf(index, loads, batches));
        a.Label(ref batch);
        ParallelGuests.EmitBarrier(a, index, loads.Length, r13d);
        for (int body = 0; body < bodies.Length; body++)
        {
            Label run = a.CreateLabel();
            a.xor(edi, edi);
            a.Label(ref run);
            bodies[body](a, index, () =>
            {
                a.mov(__dword_ptr[rbp], eax);
                a.add(rbp, 4);
            });
            a.add(edi, LineBytes);
            a.cmp(edi, RunsPerBatch * LineBytes);
            a.jne(run);
            a.inc(r13d);
            if (body < bodies.Length - 1)
            {
                ParallelGuests.EmitBarrier(a, index, loads.Length, r13d);
            }
        }

        a.cmp(r13d, batches);
        a.ja(end);
        a.jmp(batch);
        a.Label(ref end);
        a.nop();
    }

    private static byte[] Collect(BareGuest guest, int index, int[] loads, int batches, int body, int bodies)
    {
        byte[] bytes = new byte[batches * RunsPerBatch * loads[index] * sizeof(int)];
        Assert.True(guest.Memory.TryRead(ResultsOf(index, loads, batches), bytes));
        ReadOnlySpan<int> values = MemoryMarshal.Cast<byte, int>(bytes);
        int each = RunsPerBatch * loads[index];
        byte[] results = new byte[values.Length / bodies];
        int count = 0;
        for (int batch = body; batch < batches; batch += bodies)
        {
            foreach (int value in values.Slice(batch * each, each))
            {
                int seen = value - batch;
                Assert.True(seen is 0 or 1, $"Batch {batch + 1} has seen {value}.");
                results[count++] = (byte)seen;
            }
        }

        return results;
    }

    private static ulong ResultsOf(int index, int[] loads, int batches) =>
        ResultBase + ((ulong)loads.AsSpan(0, index).ToArray().Sum() * RunsPerBatch * (ulong)batches * sizeof(int));
}
