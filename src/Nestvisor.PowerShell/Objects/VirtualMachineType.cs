namespace Microsoft.HyperV.PowerShell;

/// <summary>Whether a virtual machine is there or only planned.</summary>
public enum VirtualMachineType
{
    /// <summary>It is there.</summary>
    RealizedVirtualMachine = 3,

    /// <summary>It is planned.</summary>
    PlannedVirtualMachine = 4,
}
