namespace Microsoft.HyperV.PowerShell;

/// <summary>What happens to a virtual machine when the host starts.</summary>
public enum StartAction
{
    /// <summary>Nothing.</summary>
    Nothing = 2,

    /// <summary>It starts if it ran before.</summary>
    StartIfRunning = 3,

    /// <summary>It starts.</summary>
    Start = 4,
}
