namespace Microsoft.HyperV.PowerShell;

/// <summary>The part that a virtual machine has in a replication.</summary>
public enum VMReplicationMode
{
    /// <summary>It is not replicated.</summary>
    None = 0,

    /// <summary>It is the original.</summary>
    Primary = 1,

    /// <summary>It is the copy.</summary>
    Replica = 2,

    /// <summary>It is a copy for a test.</summary>
    TestReplica = 3,

    /// <summary>It is the copy's copy.</summary>
    ExtendedReplica = 4,
}
