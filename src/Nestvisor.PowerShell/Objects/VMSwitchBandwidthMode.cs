namespace Microsoft.HyperV.PowerShell;

/// <summary>How a virtual switch shares its bandwidth out.</summary>
public enum VMSwitchBandwidthMode
{
    /// <summary>As the switch does if nothing is said.</summary>
    Default = 0,

    /// <summary>By weights.</summary>
    Weight = 1,

    /// <summary>By bits a second.</summary>
    Absolute = 2,

    /// <summary>Not at all.</summary>
    None = 3,
}
