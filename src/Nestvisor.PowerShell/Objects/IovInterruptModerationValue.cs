namespace Microsoft.HyperV.PowerShell;

/// <summary>How interrupts of a part of a physical adapter are held together.</summary>
public enum IovInterruptModerationValue
{
    /// <summary>As the adapter's driver does.</summary>
    Default = 0,

    /// <summary>By the load.</summary>
    Adaptive = 1,

    /// <summary>Not at all.</summary>
    Off = 2,

    /// <summary>A little.</summary>
    Low = 100,

    /// <summary>More.</summary>
    Medium = 200,

    /// <summary>Most.</summary>
    High = 300,
}
