namespace Nestvisor.Api.Worker;

/// <summary>The state of a worker's virtual machine.</summary>
public enum WorkerState
{
    /// <summary>The machine is being put together.</summary>
    Starting,

    /// <summary>The guest runs.</summary>
    Running,

    /// <summary>The processors and the clock stand still.</summary>
    Paused,

    /// <summary>The machine is being turned off.</summary>
    Stopping,

    /// <summary>The machine has ended.</summary>
    Off,
}
