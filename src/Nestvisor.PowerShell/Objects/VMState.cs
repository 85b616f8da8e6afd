namespace Microsoft.HyperV.PowerShell;

/// <summary>The state of a virtual machine.</summary>
public enum VMState
{
    /// <summary>None of the others.</summary>
    Other = 1,

    /// <summary>It runs.</summary>
    Running = 2,

    /// <summary>It is off.</summary>
    Off = 3,

    /// <summary>It is being turned off.</summary>
    Stopping = 4,

    /// <summary>Its state is saved.</summary>
    Saved = 6,

    /// <summary>Its processors and clock stand still.</summary>
    Paused = 9,

    /// <summary>It is being started.</summary>
    Starting = 10,

    /// <summary>It is being reset.</summary>
    Reset = 11,

    /// <summary>It is being saved.</summary>
    Saving = 32773,

    /// <summary>It is being paused.</summary>
    Pausing = 32776,

    /// <summary>It is being resumed.</summary>
    Resuming = 32777,

    /// <summary>Saved by the fast path.</summary>
    FastSaved = 32779,

    /// <summary>Being saved by the fast path.</summary>
    FastSaving = 32780,

    /// <summary>Being shut down by force.</summary>
    ForceShutdown = 32781,

    /// <summary>Being restarted by force.</summary>
    ForceReboot = 32782,

    /// <summary>The guest is hibernated.</summary>
    Hibernated = 32783,

    /// <summary>A component is being serviced.</summary>
    ComponentServicing = 32784,

    /// <summary>Running, with lost storage.</summary>
    RunningCritical = 32785,

    /// <summary>Off, with lost storage.</summary>
    OffCritical = 32786,

    /// <summary>Stopping, with lost storage.</summary>
    StoppingCritical = 32787,

    /// <summary>Saved, with lost storage.</summary>
    SavedCritical = 32788,

    /// <summary>Paused, with lost storage.</summary>
    PausedCritical = 32789,

    /// <summary>Starting, with lost storage.</summary>
    StartingCritical = 32790,

    /// <summary>Reset, with lost storage.</summary>
    ResetCritical = 32791,

    /// <summary>Saving, with lost storage.</summary>
    SavingCritical = 32792,

    /// <summary>Pausing, with lost storage.</summary>
    PausingCritical = 32793,

    /// <summary>Resuming, with lost storage.</summary>
    ResumingCritical = 32794,

    /// <summary>FastSaved, with lost storage.</summary>
    FastSavedCritical = 32795,

    /// <summary>FastSaving, with lost storage.</summary>
    FastSavingCritical = 32796,
}
