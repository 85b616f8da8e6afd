namespace Nestvisor.Virtualization;

/// <summary>One guest processor. It runs on one host thread of its own.</summary>
public abstract class VirtualProcessor
{
    /// <summary>Creates a processor.</summary>
    /// <param name="index">Its number, which is also its initial APIC id.</param>
    protected VirtualProcessor(int index) => Index = index;

    /// <summary>Number of the processor, from 0; also its initial APIC id. 0 is the bootstrap processor.</summary>
    public int Index { get; }

    /// <summary>What went wrong when <see cref="Run"/> returned <see cref="RunResult.InternalError"/>; null otherwise.</summary>
    public string? FailureReason { get; protected set; }

    /// <summary>
    /// Runs the guest until a stop, a shutdown or an internal error. HLT, wait-for-SIPI and timers block inside.
    /// Always called on the same thread.
    /// </summary>
    /// <param name="bus">Where accesses beyond memory go.</param>
    /// <returns>Why it came back.</returns>
    public abstract RunResult Run(IMachineBus bus);

    /// <summary>Makes <see cref="Run"/> return <see cref="RunResult.Stopped"/> soon. Safe from any thread; sticky until it has.</summary>
    public abstract void RequestStop();

    /// <summary>Makes the processor look at its pending events soon. Safe from any thread.</summary>
    public abstract void Interrupt();

    /// <summary>Puts the processor, its local APIC included, into the state after power-on. Only while it does not run.</summary>
    public abstract void Reset();

    /// <summary>Reads the whole state. Only while the processor does not run.</summary>
    /// <returns>A copy of the state.</returns>
    public abstract ProcessorState GetState();

    /// <summary>Replaces the whole state. Only while the processor does not run.</summary>
    /// <param name="state">The new state; it is copied.</param>
    public abstract void SetState(ProcessorState state);
}
