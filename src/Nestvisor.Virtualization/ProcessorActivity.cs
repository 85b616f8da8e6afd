namespace Nestvisor.Virtualization;

/// <summary>What a processor does between two instructions.</summary>
public enum ProcessorActivity
{
    /// <summary>It executes instructions.</summary>
    Running = 0,

    /// <summary>It has executed HLT and waits for an interrupt.</summary>
    Halted = 1,

    /// <summary>It waits for a start-up inter-processor interrupt.</summary>
    WaitForSipi = 2,

    /// <summary>It is shut down after a triple fault.</summary>
    Shutdown = 3,
}
