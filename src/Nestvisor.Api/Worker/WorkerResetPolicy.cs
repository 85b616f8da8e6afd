namespace Nestvisor.Api.Worker;

/// <summary>What a worker does when the guest resets itself.</summary>
public enum WorkerResetPolicy
{
    /// <summary>The machine starts again.</summary>
    Restart,

    /// <summary>The machine ends, and the worker with it.</summary>
    Stop,
}
