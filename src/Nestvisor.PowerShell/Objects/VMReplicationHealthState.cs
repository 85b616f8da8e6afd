namespace Microsoft.HyperV.PowerShell;

/// <summary>How well a virtual machine's replication works.</summary>
public enum VMReplicationHealthState
{
    /// <summary>It is not replicated.</summary>
    NotApplicable = 0,

    /// <summary>Well.</summary>
    Normal = 1,

    /// <summary>It needs attention.</summary>
    Warning = 2,

    /// <summary>Not at all.</summary>
    Critical = 3,
}
