namespace Microsoft.HyperV.PowerShell;

/// <summary>What the integration services tell of the guest.</summary>
public enum VMHeartbeatStatus
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The service is disabled.</summary>
    Disabled = 1,

    /// <summary>It has not answered yet.</summary>
    NoContact = 2,

    /// <summary>It reported an error.</summary>
    Error = 3,

    /// <summary>It does not answer any more.</summary>
    LostCommunication = 4,

    /// <summary>The guest works; of its applications nothing is known.</summary>
    OkApplicationsUnknown = 5,

    /// <summary>The guest and its applications work.</summary>
    OkApplicationsHealthy = 6,

    /// <summary>The guest works, its applications do not.</summary>
    OkApplicationsCritical = 7,

    /// <summary>The virtual machine is paused.</summary>
    Paused = 8,
}
