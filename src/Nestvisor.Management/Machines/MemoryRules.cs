using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Machines;

/// <summary>What the memory settings of a machine may be, and when they may change. Those of dynamic memory are kept, as Hyper-V keeps them.</summary>
internal static class MemoryRules
{
    /// <summary>Bytes of memory of a new machine.</summary>
    public const long Default = 512 * Mebibyte;

    private const long Mebibyte = 1 << 20;
    private const long Smallest = 32 * Mebibyte;
    private const long Largest = 12L << 40;
    private const int LeastBuffer = 5;
    private const int MostBuffer = 2000;
    private const int MostPriority = 100;

    /// <summary>Checks all memory settings of a machine.</summary>
    /// <exception cref="ApiException">One cannot be.</exception>
    public static void Check(MachineConfiguration machine)
    {
        CheckAmount(machine, "startup", machine.MemoryStartupBytes);
        if (machine.MemoryMinimumBytes is { } minimum)
        {
            CheckAmount(machine, "minimum", minimum);
            Require(
                minimum <= machine.MemoryStartupBytes,
                machine,
                $"its minimum memory of {minimum >> 20} MB is more than its startup memory of {machine.MemoryStartupBytes >> 20} MB. Minimum <= startup <= maximum");
        }

        if (machine.MemoryMaximumBytes is { } maximum)
        {
            CheckAmount(machine, "maximum", maximum);
            Require(
                maximum >= machine.MemoryStartupBytes,
                machine,
                $"its maximum memory of {maximum >> 20} MB is less than its startup memory of {machine.MemoryStartupBytes >> 20} MB. Minimum <= startup <= maximum");
        }

        Require(
            machine.MemoryBuffer is >= LeastBuffer and <= MostBuffer,
            machine,
            $"its memory buffer cannot be {machine.MemoryBuffer}. It is {LeastBuffer} to {MostBuffer} percent");
        Require(
            machine.MemoryPriority is >= 0 and <= MostPriority,
            machine,
            $"its memory priority cannot be {machine.MemoryPriority}. It is 0 to {MostPriority}");
    }

    /// <summary>What of a change needs the machine to be off; null if nothing does.</summary>
    /// <param name="old">The machine before.</param>
    /// <param name="change">The change.</param>
    /// <param name="state">The machine's state.</param>
    public static string? FirstThatNeedsOff(MachineConfiguration old, ChangeMachineRequest change, MachineState state)
    {
        if (change.MemoryStartupBytes is not null)
        {
            return "the startup memory";
        }

        // Of a machine that is at work dynamic memory can be given more room, never less; buffer and priority change always.
        bool working = state is MachineState.Running or MachineState.Paused;
        return change.MemoryMinimumBytes is { } minimum && !(working && minimum <= old.EffectiveMinimumBytes) ? "the minimum memory (which a running machine can only have lowered)"
            : change.MemoryMaximumBytes is { } maximum && !(working && maximum >= old.EffectiveMaximumBytes) ? "the maximum memory (which a running machine can only have raised)"
            : null;
    }

    private static void CheckAmount(MachineConfiguration machine, string which, long bytes)
    {
        if (bytes is < Smallest or > Largest || bytes % Mebibyte != 0)
        {
            throw ApiException.InvalidArgument(
                $"Failed to modify device 'Memory'.\nInvalid {which} memory amount for '{machine.Name}': {bytes} bytes. It is 32 MB to 12 TB and a multiple of 1 MB; write 512MB or 1GB.");
        }
    }

    private static void Require(bool condition, MachineConfiguration machine, string problem)
    {
        if (!condition)
        {
            throw ApiException.InvalidArgument($"Failed to modify device 'Memory'.\nInvalid memory settings for '{machine.Name}': {problem}.");
        }
    }
}
