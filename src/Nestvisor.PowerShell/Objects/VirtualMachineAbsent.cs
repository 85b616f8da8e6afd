namespace Microsoft.HyperV.PowerShell;

/// <content>Properties that scripts read and that tell here that what they are about is not there.</content>
public sealed partial class VirtualMachine
{
    /// <summary>Always 0: a machine is not paused when its storage is lost.</summary>
    public int AutomaticCriticalErrorActionTimeout => 0;

    /// <summary>Always false: there is no battery.</summary>
    public bool BatteryPassthroughEnabled => false;

    /// <summary>Always empty: there are no checkpoints.</summary>
    public string CheckpointFileLocation => "";

    /// <summary>Always VMBus, Hyper-V's default; there are no enhanced sessions.</summary>
    public EnhancedSessionTransportType EnhancedSessionTransportType => EnhancedSessionTransportType.VMBus;

    /// <summary>Always false: the guest's cache types have no effect.</summary>
    public bool GuestControlledCacheTypes => false;

    /// <summary>Always empty: there are no integration services.</summary>
    public string IntegrationServicesState => "";

    /// <summary>Always null: there are no integration services.</summary>
    public Version? IntegrationServicesVersion => null;

    /// <summary>Always Off: the console is a serial line.</summary>
    public OnOffState? LockOnDisconnect => OnOffState.Off;

    /// <summary>Always null: the host's nodes are not looked at.</summary>
    public bool? NumaAligned => null;

    /// <summary>Always 1.</summary>
    public int NumaNodesCount => 1;

    /// <summary>Always 1.</summary>
    public int NumaSocketCount => 1;

    /// <summary>How it is, as <see cref="Status"/>.</summary>
    public string PrimaryStatusDescription => Status;

    /// <summary>Always NotApplicable: virtual machines are not replicated.</summary>
    public VMReplicationHealthState ReplicationHealth => VMReplicationHealthState.NotApplicable;

    /// <summary>Always None: virtual machines are not replicated.</summary>
    public VMReplicationMode ReplicationMode => VMReplicationMode.None;

    /// <summary>Always false: there is no metering.</summary>
    public bool ResourceMeteringEnabled => false;

    /// <summary>Always null: there is one status.</summary>
    public VMOperationalStatus? SecondaryOperationalStatus => null;

    /// <summary>Always null: there is one status.</summary>
    public string? SecondaryStatusDescription => null;

    /// <summary>Always false: there is no smart paging.</summary>
    public bool SmartPagingFileInUse => false;

    /// <summary>Always empty: there is no smart paging.</summary>
    public string SmartPagingFilePath => "";

    /// <summary>Always empty: there are no checkpoints.</summary>
    public string SnapshotFileLocation => "";

    /// <summary>How it is, as <see cref="Status"/>.</summary>
    public string[] StatusDescriptions => [Status];

    /// <summary>Its generation.</summary>
    public VirtualMachineSubType VirtualMachineSubType => Generation == 2 ? VirtualMachineSubType.Generation2 : VirtualMachineSubType.Generation1;

    /// <summary>Whether the machine is there, or only planned: that of a compatibility report.</summary>
    public VirtualMachineType VirtualMachineType => _info.Planned ? VirtualMachineType.PlannedVirtualMachine : VirtualMachineType.RealizedVirtualMachine;
}
