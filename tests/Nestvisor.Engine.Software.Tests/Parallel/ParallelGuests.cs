using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using Nestvisor.X64;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Parallel;

/// <summary>
/// Guests whose processors run against each other. They want the host's cores for themselves: their tests run one after the
/// other, and not beside those of other classes.
/// </summary>
[CollectionDefinition(nameof(ParallelGuests), DisableParallelization = true)]
public sealed class ParallelGuests
{
    private const int MostAttempts = 60;
    private const ulong Line = 64;

    // Longest wait for a host that runs nothing but this; then it is tried beside what runs.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>A line of memory for each processor, where it says how far it is.</summary>
    private const ulong Progress = 0x2_0000;

    private const ulong Done = 0x2_8000;

    /// <summary>
    /// Runs a test until its processors have met, with a bound: on a busy host one may be through before another has begun, and the
    /// host has a core for each only when it has nothing else to run.
    /// </summary>
    /// <param name="attempt">Makes one run; returns how often they met.</param>
    /// <returns>How often in the last run; 0 if they never did.</returns>
    internal static long UntilMet(Func<long> attempt)
    {
        long met = attempt();
        for (int i = 1; i < MostAttempts && met == 0; i++)
        {
            _ = SpinWait.SpinUntil(HostIsFree, s_patience);
            met = attempt();
        }

        return met;
    }

    // Whether this thread is the only one on the host that wants a core (proc(5), /proc/stat, procs_running).
    private static bool HostIsFree() => File.ReadLines("/proc/stat").Contains("procs_running 1");

    /// <summary>A guest for a number of processors.</summary>
    /// <param name="processors">Number of processors.</param>
    /// <param name="translated">Whether all code is native, or all of it interpreted.</param>
    internal static BareGuest Create(int processors, bool translated) => new(
        processors: processors,
        options: translated ? Tier.Options with { TranslateAfter = 0 } : new SoftwareEngineOptions { TranslateAfter = SoftwareEngineOptions.Never });

    /// <summary>Assembles a program for each processor, and runs them to their ends, or until the bound passes.</summary>
    internal static unsafe void Run(BareGuest guest, Action<Assembler, int> write, TimeSpan? bound = null)
    {
        int count = guest.Partition.All.Length;
        for (int i = 0; i < count; i++)
        {
            int index = i;
            ulong code = BareGuest.Code + ((ulong)i * 0x1_0000);
            guest.Assemble(code, a =>
            {
                write(a, index);
                EmitEnd(a, count);
            });
            ProcessorState state = BareGuest.EntryState();
            state.Rip = code;
            state.Msrs[Msr.ApicBase] = 0xFEE0_0800 | (i == 0 ? 0x100u : 0);
            state.Gpr[4] -= (ulong)i * 0x1000;
            guest.Partition.All[i].SetState(state);
        }

        guest.RunAll(bound);
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.True(guest.Bus.Stopped);
    }

    /// <summary>Waits until all processors are as far: at the number in a register. Flags are lost.</summary>
    internal static void EmitBarrier(Assembler a, int index, int count, AssemblerRegister32 number)
    {
        a.mov(__dword_ptr[Progress + ((ulong)index * Line)], number);
        for (int other = 0; other < count; other++)
        {
            if (other != index)
            {
                Label wait = a.CreateLabel();
                Label there = a.CreateLabel();
                a.Label(ref wait);
                a.cmp(__dword_ptr[Progress + ((ulong)other * Line)], number);
                a.jae(there);
                a.pause();
                a.jmp(wait);
                a.Label(ref there);
                a.nop();
            }
        }
    }

    // All wait for all before the first one stops the machine.
    private static void EmitEnd(Assembler a, int count)
    {
        Label wait = a.CreateLabel();
        a.@lock.inc(__dword_ptr[Done]);
        a.Label(ref wait);
        a.pause();
        a.cmp(__dword_ptr[Done], count);
        a.jne(wait);
        BareGuest.Stop(a);
    }
}
