using Nestvisor.X64;

namespace Nestvisor.Machine.State;

/// <summary>Looks into the saved state of a machine without a machine.</summary>
public static class SavedMachine
{
    /// <summary>Whether a machine of a configuration could go on from a state, as far as its head tells. Its memory is not read.</summary>
    /// <param name="stream">What <see cref="PcMachine.Save"/> wrote.</param>
    /// <param name="memorySize">Bytes of the machine's memory.</param>
    /// <param name="processorCount">Its processors.</param>
    /// <param name="profile">What CPUID says in it.</param>
    /// <exception cref="InvalidDataException">It could not; the message says why.</exception>
    public static void Check(Stream stream, ulong memorySize, int processorCount, CpuProfile profile)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(profile);
        MachineSnapshot.CheckHead(stream, memorySize, processorCount, profile);
    }
}
