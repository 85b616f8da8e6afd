namespace Microsoft.HyperV.PowerShell;

/// <summary>How a network adapter works.</summary>
public enum VMNetworkAdapterOperationalStatus
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>None of the others.</summary>
    Other = 1,

    /// <summary>It works.</summary>
    Ok = 2,

    /// <summary>It works, but not well.</summary>
    Degraded = 3,

    /// <summary>It works, with too much to do.</summary>
    Stressed = 4,

    /// <summary>It works and will fail.</summary>
    PredictiveFailure = 5,

    /// <summary>It does not work.</summary>
    Error = 6,

    /// <summary>It does not work and will not.</summary>
    NonRecoverableError = 7,

    /// <summary>It is being started.</summary>
    Starting = 8,

    /// <summary>It is being stopped.</summary>
    Stopping = 9,

    /// <summary>It is stopped.</summary>
    Stopped = 10,

    /// <summary>It is being repaired.</summary>
    InService = 11,

    /// <summary>It was never reached.</summary>
    NoContact = 12,

    /// <summary>It cannot be reached any more.</summary>
    LostCommunication = 13,

    /// <summary>It was stopped in the middle of something.</summary>
    Aborted = 14,

    /// <summary>It does nothing.</summary>
    Dormant = 15,

    /// <summary>What it needs does not work.</summary>
    SupportingEntity = 16,

    /// <summary>It has done its work.</summary>
    Completed = 17,

    /// <summary>It saves power.</summary>
    PowerMode = 18,

    /// <summary>The guest speaks another version of its protocol.</summary>
    ProtocolVersion = 32775,
}
