namespace Microsoft.HyperV.PowerShell;

/// <summary>What happens to a virtual machine when the host shuts down.</summary>
public enum StopAction
{
    /// <summary>It is turned off.</summary>
    TurnOff = 2,

    /// <summary>Its state is saved.</summary>
    Save = 3,

    /// <summary>It is shut down.</summary>
    ShutDown = 4,
}
