namespace Microsoft.HyperV.PowerShell;

/// <summary>What a compatibility report is about.</summary>
public enum OperationType
{
    /// <summary>A move to another host; not supported.</summary>
    MoveVirtualMachine = 0,

    /// <summary>An import.</summary>
    ImportVirtualMachine = 1,

    /// <summary>A move to another host, with storage; not supported.</summary>
    MoveVirtualMachineAndStorage = 2,
}
