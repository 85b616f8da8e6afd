namespace Microsoft.HyperV.PowerShell;

/// <summary>How an integration service works.</summary>
public enum VMIntegrationComponentOperationalStatus
{
    /// <summary>It works.</summary>
    Ok = 2,

    /// <summary>It works with a disadvantage.</summary>
    Degraded = 3,

    /// <summary>It has failed.</summary>
    Error = 6,

    /// <summary>It has failed for good.</summary>
    NonRecoverableError = 7,

    /// <summary>The guest has not been heard of.</summary>
    NoContact = 12,

    /// <summary>The guest is not heard of any more.</summary>
    LostCommunication = 13,

    /// <summary>Host and guest have versions that do not fit.</summary>
    ProtocolMismatch = 32775,

    /// <summary>An application in the guest is in a critical state.</summary>
    ApplicationCritical = 32782,

    /// <summary>The guest did not answer in time.</summary>
    CommunicationTimedOut = 32783,

    /// <summary>The guest could not be talked to.</summary>
    CommunicationFailed = 32784,

    /// <summary>It is not enabled.</summary>
    Disabled = 32896,
}
