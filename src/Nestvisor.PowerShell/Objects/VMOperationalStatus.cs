namespace Microsoft.HyperV.PowerShell;

/// <summary>How a virtual machine works.</summary>
public enum VMOperationalStatus
{
    /// <summary>It works, or is off as it should be.</summary>
    Ok = 2,

    /// <summary>It works worse than it should.</summary>
    Degraded = 3,

    /// <summary>It is likely to fail.</summary>
    PredictiveFailure = 5,

    /// <summary>It is being worked on.</summary>
    InService = 11,

    /// <summary>It is inactive.</summary>
    Dormant = 15,

    /// <summary>Something that it needs has failed.</summary>
    SupportingEntityInError = 16,

    /// <summary>A checkpoint is being applied.</summary>
    ApplyingSnapshot = 23769,

    /// <summary>A checkpoint is being taken.</summary>
    CreatingSnapshot = 32768,

    /// <summary>A checkpoint is being removed.</summary>
    DeletingSnapshot = 32770,

    /// <summary>It waits for its start.</summary>
    WaitingToStart = 32771,

    /// <summary>Its disks are being merged.</summary>
    MergingDisks = 32772,

    /// <summary>It is being exported.</summary>
    ExportingVirtualMachine = 32773,

    /// <summary>It moves to another host.</summary>
    MigratingVirtualMachine = 32774,

    /// <summary>It is being backed up.</summary>
    BackingUpVirtualMachine = 32776,

    /// <summary>It is being changed.</summary>
    ModifyingUpVirtualMachine = 32777,

    /// <summary>Its storage moves, first phase.</summary>
    StorageMigrationPhaseOne = 32778,

    /// <summary>Its storage moves, second phase.</summary>
    StorageMigrationPhaseTwo = 32779,

    /// <summary>It moves while it is planned only.</summary>
    MigratingPlannedVm = 32780,

    /// <summary>Its compatibility is being checked.</summary>
    CheckingCompatibility = 32781,

    /// <summary>An application in its guest is in a critical state.</summary>
    ApplicationCriticalState = 32782,

    /// <summary>Its worker does not answer.</summary>
    CommunicationTimedOut = 32783,

    /// <summary>Its worker cannot be reached.</summary>
    CommunicationFailed = 32784,

    /// <summary>SR-IOV: the host has no IOMMU.</summary>
    NoIommu = 32785,

    /// <summary>SR-IOV: the network card lacks it.</summary>
    NoIovSupportInNic = 32786,

    /// <summary>SR-IOV: the switch is not set to it.</summary>
    SwitchNotInIovMode = 32787,

    /// <summary>SR-IOV: a policy forbids it.</summary>
    IovBlockedByPolicy = 32788,

    /// <summary>SR-IOV: nothing is left.</summary>
    IovNoAvailResources = 32789,

    /// <summary>SR-IOV: the guest lacks drivers.</summary>
    IovGuestDriversNeeded = 32790,

    /// <summary>Its storage fails.</summary>
    CriticalIoError = 32795,
}
