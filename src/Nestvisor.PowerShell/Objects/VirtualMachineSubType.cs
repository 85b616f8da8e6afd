namespace Microsoft.HyperV.PowerShell;

/// <summary>The generation of a virtual machine.</summary>
public enum VirtualMachineSubType
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Generation 1.</summary>
    Generation1 = 1,

    /// <summary>Generation 2.</summary>
    Generation2 = 2,
}
