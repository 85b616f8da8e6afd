namespace Microsoft.HyperV.PowerShell;

/// <summary>How a virtual machine works; the values that occur in Nestvisor.</summary>
public enum VMOperationalStatus
{
    /// <summary>It works, or is off as it should be.</summary>
    Ok = 2,

    /// <summary>It works worse than it should.</summary>
    Degraded = 3,

    /// <summary>Its worker does not answer.</summary>
    CommunicationTimedOut = 32783,
}
