namespace Microsoft.HyperV.PowerShell;

/// <summary>How the host gives received frames to its processors.</summary>
public enum VrssQueueSchedulingModeType
{
    /// <summary>By the load.</summary>
    Dynamic = 0,

    /// <summary>A queue of the hardware for each adapter.</summary>
    StaticVmq = 1,

    /// <summary>By a fixed table.</summary>
    StaticVrss = 2,
}
