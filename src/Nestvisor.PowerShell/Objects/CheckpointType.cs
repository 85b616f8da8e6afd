namespace Microsoft.HyperV.PowerShell;

/// <summary>The kind of checkpoints of a virtual machine.</summary>
public enum CheckpointType
{
    /// <summary>It has none.</summary>
    Disabled = 2,

    /// <summary>Data-consistent, else standard ones.</summary>
    Production = 3,

    /// <summary>Data-consistent ones.</summary>
    ProductionOnly = 4,

    /// <summary>Ones with the memory's state.</summary>
    Standard = 5,
}
