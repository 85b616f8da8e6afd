using Microsoft.HyperV.PowerShell.Session;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>
/// A virtual machine. As in Hyper-V the object is live: its properties tell how the machine is when they are read, not when the
/// object was made.
/// </summary>
public sealed partial class VirtualMachine : VirtualizationObject
{
    // Properties of one line of output belong together, and each would otherwise cost a question.
    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(50);

    private readonly ServiceSession _session;
    private MachineInfo _info;
    private long _readAt;
    private int _generation;
    private bool _deleted;

    internal VirtualMachine(ServiceSession session, MachineInfo info)
    {
        _session = session;
        _info = info;
        Update(info);
    }

    /// <summary>Name.</summary>
    public string Name => Configuration.Name;

    /// <summary>Name.</summary>
    public string VMName => Name;

    /// <summary>Identifier.</summary>
    public Guid Id => _info.Configuration.Id;

    /// <summary>Identifier.</summary>
    public Guid VMId => Id;

    /// <summary>State.</summary>
    public VMState State => Info.State switch
    {
        MachineState.Off => VMState.Off,
        MachineState.Starting => VMState.Starting,
        MachineState.Running => VMState.Running,
        MachineState.Paused => VMState.Paused,
        MachineState.Stopping => VMState.Stopping,
        MachineState.Saving => VMState.Saving,
        MachineState.Saved => VMState.Saved,
        _ => VMState.Other,
    };

    /// <summary>How it is; of a machine that is off, why its last run ended.</summary>
    public string Status => Info.Status;

    /// <summary>Share of its virtual processors that it uses, in percent.</summary>
    public int CPUUsage => Info.CpuUsagePercent;

    /// <summary>Bytes of memory it has now.</summary>
    public long MemoryAssigned => Info.MemoryAssigned;

    /// <summary>Bytes of memory it needs: what it has, as there is no dynamic memory.</summary>
    public long MemoryDemand => Info.MemoryAssigned;

    /// <summary>Always empty: there is no dynamic memory.</summary>
    public string MemoryStatus => "";

    /// <summary>Guest time since the start.</summary>
    public TimeSpan Uptime => TimeSpan.FromMilliseconds(Info.UptimeMilliseconds);

    /// <summary>Configuration version.</summary>
    public string Version => Configuration.Version;

    /// <summary>Generation.</summary>
    public int Generation => Configuration.Generation;

    /// <summary>An extension: the engine that runs the machine; while it is off, the one that it is set to.</summary>
    public VMEngine Engine => Info.RunningEngine is { } engine ? Convert.ToEngine(engine) : ConfiguredEngine;

    /// <summary>An extension: the engine that the machine is set to.</summary>
    public VMEngine ConfiguredEngine => Convert.ToEngine(Configuration.Engine);

    /// <summary>Number of virtual processors.</summary>
    public long ProcessorCount => Configuration.ProcessorCount;

    /// <summary>Bytes of memory at the start.</summary>
    public long MemoryStartup => Configuration.MemoryStartupBytes;

    /// <summary>Least bytes of dynamic memory, of which there is none: as set, else Hyper-V's 512 MB, or less if it starts with less.</summary>
    public long MemoryMinimum => Configuration.EffectiveMinimumBytes;

    /// <summary>Most bytes of dynamic memory, of which there is none: as set, else Hyper-V's 1 TB, or more if it starts with more.</summary>
    public long MemoryMaximum => Configuration.EffectiveMaximumBytes;

    /// <summary>Always false.</summary>
    public bool DynamicMemoryEnabled => false;

    /// <summary>The user's notes.</summary>
    public string Notes => Configuration.Notes;

    /// <summary>When it was created, in local time.</summary>
    public DateTime CreationTime => Configuration.CreationTime.LocalDateTime;

    /// <summary>Folder of its configuration.</summary>
    public string ConfigurationLocation => _info.ConfigurationLocation;

    /// <summary>Folder of its configuration.</summary>
    public string Path => _info.ConfigurationLocation;

    /// <summary>Virtual hard disks.</summary>
    public HardDiskDrive[] HardDrives => HardDiskDrive.Of(this);

    /// <summary>Hyper-V's integration services, none of which is enabled.</summary>
    public List<VMIntegrationComponent> VMIntegrationService => VMIntegrationComponent.Of(this);

    /// <summary>The serial console.</summary>
    public VMComPort ComPort1 => new(this, 1);

    /// <summary>The second serial port, which the machine has while it has a path.</summary>
    public VMComPort ComPort2 => new(this, 2);

    /// <summary>Network adapters.</summary>
    public List<VMNetworkAdapter> NetworkAdapters => VMNetworkAdapter.Of(this);

    /// <summary>Always empty: DVD drives are not supported.</summary>
    public object[] DVDDrives => [];

    /// <summary>Always Nothing: virtual machines start when they are told to.</summary>
    public StartAction AutomaticStartAction => StartAction.Nothing;

    /// <summary>Always 0.</summary>
    public int AutomaticStartDelay => 0;

    /// <summary>Always TurnOff: a host that goes down takes its virtual machines down.</summary>
    public StopAction AutomaticStopAction => StopAction.TurnOff;

    /// <summary>Always None.</summary>
    public CriticalErrorAction AutomaticCriticalErrorAction => CriticalErrorAction.None;

    /// <summary>Always Disabled: checkpoints are not supported.</summary>
    public CheckpointType CheckpointType => CheckpointType.Disabled;

    /// <summary>Always false: checkpoints are not supported.</summary>
    public bool AutomaticCheckpointsEnabled => false;

    /// <summary>Always null: there are no checkpoints.</summary>
    public Guid? ParentSnapshotId => null;

    /// <summary>Always null: there are no checkpoints.</summary>
    public string? ParentSnapshotName => null;

    /// <summary>Always null: there are no checkpoints.</summary>
    public Guid? ParentCheckpointId => null;

    /// <summary>Always null: there are no checkpoints.</summary>
    public string? ParentCheckpointName => null;

    /// <summary>How it works.</summary>
    public VMOperationalStatus[] OperationalStatus =>
        [Info.ExportPercent is not null ? VMOperationalStatus.ExportingVirtualMachine
            : Info is { State: not MachineState.Off, RunningEngine: null, ProcessId: not null } ? VMOperationalStatus.CommunicationTimedOut : VMOperationalStatus.Ok];

    /// <summary>How it works.</summary>
    public VMOperationalStatus? PrimaryOperationalStatus => OperationalStatus[0];

    /// <summary>Always Disabled: virtual machines are not replicated.</summary>
    public VMReplicationState ReplicationState => VMReplicationState.Disabled;

    /// <summary>Always null: there are no integration services.</summary>
    public VMHeartbeatStatus? Heartbeat => null;

    /// <summary>Always false.</summary>
    public bool IsClustered => false;

    /// <summary>An extension: the worker's process; null while the machine is off.</summary>
    public int? ProcessId => Info.ProcessId;

    /// <summary>An extension: the file with the serial console's output of the current or last run.</summary>
    public string ConsoleLogPath => _info.ConsoleLog;

    /// <inheritdoc/>
    public override bool IsDeleted
    {
        get
        {
            _ = Info;
            return _deleted;
        }
    }

    internal ServiceSession Session => _session;

    internal MachineConfiguration Configuration => Info.Configuration;

    internal MachineInfo Info
    {
        get
        {
            if (!_deleted && (_generation != _session.Generation || TimeProvider.System.GetElapsedTime(_readAt) > Freshness))
            {
                Read();
            }

            return _info;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"VirtualMachine (Name = '{_info.Configuration.Name}') [Id = '{Id}']";

    internal void Update(MachineInfo info)
    {
        _generation = _session.Generation;
        _readAt = TimeProvider.System.GetTimestamp();
        _info = info;
    }

    private void Read()
    {
        try
        {
            Update(_session.Client.GetMachineAsync(Id).GetAwaiter().GetResult());
        }
        catch (ApiException error) when (error.Error.Code == ApiErrorCode.ObjectNotFound)
        {
            // What was last known stays readable, as with Hyper-V's objects.
            _deleted = true;
        }
    }
}
