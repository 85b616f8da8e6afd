namespace Microsoft.HyperV.PowerShell;

/// <summary>The state of a virtual machine's replication to another host.</summary>
public enum VMReplicationState
{
    /// <summary>It is not replicated.</summary>
    Disabled = 0,

    /// <summary>The first copy can begin.</summary>
    ReadyForInitialReplication = 1,

    /// <summary>The first copy is being made.</summary>
    InitialReplicationInProgress = 2,

    /// <summary>The first copy is awaited.</summary>
    WaitingForInitialReplication = 3,

    /// <summary>It is being replicated.</summary>
    Replicating = 4,

    /// <summary>The copy can take over.</summary>
    PreparedForFailover = 5,

    /// <summary>The copy has taken over; this is to be confirmed.</summary>
    FailedOverWaitingCompletion = 6,

    /// <summary>The copy has taken over.</summary>
    FailedOver = 7,

    /// <summary>Suspended.</summary>
    Suspended = 8,

    /// <summary>Failed.</summary>
    Error = 9,

    /// <summary>A new comparison is awaited.</summary>
    WaitingForStartResynchronize = 10,

    /// <summary>Original and copy are being compared.</summary>
    Resynchronizing = 11,

    /// <summary>The comparison is suspended.</summary>
    ResynchronizeSuspended = 12,

    /// <summary>The copy is being restored.</summary>
    RecoveryInProgress = 13,

    /// <summary>The original takes over again.</summary>
    FailbackInProgress = 14,

    /// <summary>The original has taken over again.</summary>
    FailbackComplete = 15,

    /// <summary>The end of an update is awaited.</summary>
    WaitingForUpdateCompletion = 16,

    /// <summary>An update failed.</summary>
    UpdateError = 17,

    /// <summary>A change of its part is awaited.</summary>
    WaitingForRepurposeCompletion = 18,

    /// <summary>It can be replicated synchronously.</summary>
    PreparedForSyncReplication = 19,

    /// <summary>A group can be replicated in the other direction.</summary>
    PreparedForGroupReverseReplication = 20,

    /// <summary>A takeover is being tried out.</summary>
    FiredrillInProgress = 21,
}
