namespace Microsoft.HyperV.PowerShell;

/// <summary>What Export-VM copies of a virtual machine that runs or is paused, beside its disks.</summary>
public enum CaptureLiveState
{
    /// <summary>Nothing: the copy is as if the machine's power had been cut.</summary>
    CaptureCrashConsistentState = 0,

    /// <summary>Its state, memory included: the copy is saved, and goes on when it is started.</summary>
    CaptureSavedState = 1,

    /// <summary>Not supported: it needs integration services in the guest.</summary>
    CaptureDataConsistentState = 2,
}
