namespace Nestvisor.Api.Worker;

/// <summary>Why a run of a virtual machine ended.</summary>
public enum WorkerExitReason
{
    /// <summary>The guest switched the machine off.</summary>
    PowerOff,

    /// <summary>The machine was turned off from outside.</summary>
    TurnedOff,

    /// <summary>The machine's state was saved.</summary>
    Saved,

    /// <summary>The guest reset the machine and the configuration says to end then.</summary>
    Reset,

    /// <summary>The guest ran into a triple fault and the configuration says to end then.</summary>
    TripleFault,

    /// <summary>The guest wrote an exit code to the test device.</summary>
    TestExit,

    /// <summary>The machine could not be started.</summary>
    StartFailed,

    /// <summary>The engine or the machine met a state that it cannot go on from.</summary>
    InternalError,
}
