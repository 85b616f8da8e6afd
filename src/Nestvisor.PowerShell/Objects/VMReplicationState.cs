namespace Microsoft.HyperV.PowerShell;

/// <summary>The state of a virtual machine's replication to another host.</summary>
public enum VMReplicationState
{
    /// <summary>It is not replicated.</summary>
    Disabled = 0,
}
