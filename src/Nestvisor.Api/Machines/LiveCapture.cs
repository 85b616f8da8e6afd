namespace Nestvisor.Api.Machines;

/// <summary>What is exported of a machine that runs or is paused, beside its disks.</summary>
public enum LiveCapture
{
    /// <summary>Nothing: the copy is as if the machine's power had been cut.</summary>
    CrashConsistent,

    /// <summary>Its state, memory included: the copy is saved, and goes on when it is started.</summary>
    SavedState,

    /// <summary>Nothing, but the guest brings its disks in order first. Refused: it needs the guest's help.</summary>
    DataConsistent,
}
