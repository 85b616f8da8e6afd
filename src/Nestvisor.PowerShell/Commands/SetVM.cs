using System.Management.Automation;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VM: changes the settings of virtual machines.</summary>
/// <remarks>
/// Name and notes change in any state; processors, memory, engine and test devices only while the machine is off. What is not given stays
/// as it is.
/// </remarks>
/// <example>
/// Gives L1 two processors, 1 GB of memory and a note.
/// <code>Set-VM L1 -ProcessorCount 2 -MemoryStartupBytes 1GB -Notes 'The lab'</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class SetVM : NamedMachineCmdlet
{
    private const string NoDynamicMemory = "there is no dynamic memory.";
    private const string NoAutomaticActions = "nothing happens to virtual machines when the host starts or shuts down.";
    private const string NoCheckpoints = "checkpoints are not supported.";
    private const string FixedLayout = "the address space of the virtual machine is fixed.";

    /// <summary>Number of virtual processors.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? ProcessorCount { get; set; }

    /// <summary>Bytes of memory.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MemoryStartupBytes { get; set; }

    /// <summary>Notes.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Notes { get; set; }

    /// <summary>New name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewVMName { get; set; }

    /// <summary>An extension: the engine.</summary>
    [Parameter]
    public VMEngine? Engine { get; set; }

    /// <summary>An extension: whether the machine has the devices that hypervisor test images expect.</summary>
    [Parameter]
    public bool? TestDevices { get; set; }

    /// <summary>Memory of a fixed size, which it has anyway.</summary>
    [Parameter]
    public SwitchParameter StaticMemory { get; set; }

    /// <summary>Not supported: dynamic memory.</summary>
    [Parameter]
    [Unsupported(NoDynamicMemory, Except = false)]
    public SwitchParameter DynamicMemory { get; set; }

    /// <summary>Least dynamic memory, at most the startup memory. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MemoryMinimumBytes { get; set; }

    /// <summary>Most dynamic memory, at least the startup memory. It is kept, and has no effect.</summary>
    [Parameter]
    [ValidateNotNull]
    public long? MemoryMaximumBytes { get; set; }

    /// <summary>Nothing; other actions are not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoAutomaticActions, Except = StartAction.Nothing)]
    public StartAction? AutomaticStartAction { get; set; }

    /// <summary>TurnOff; other actions are not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoAutomaticActions, Except = StopAction.TurnOff)]
    public StopAction? AutomaticStopAction { get; set; }

    /// <summary>0; another delay is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoAutomaticActions, Except = 0)]
    public int? AutomaticStartDelay { get; set; }

    /// <summary>None; other actions are not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported("a virtual machine is not paused when its storage is lost.", Except = CriticalErrorAction.None)]
    public CriticalErrorAction? AutomaticCriticalErrorAction { get; set; }

    /// <summary>Not supported: minutes until a machine without storage is turned off.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("a virtual machine is not paused when its storage is lost.")]
    public int? AutomaticCriticalErrorActionTimeout { get; set; }

    /// <summary>False; automatic checkpoints are not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported(NoCheckpoints, Except = false)]
    public bool? AutomaticCheckpointsEnabled { get; set; }

    /// <summary>Disabled; checkpoints are not supported.</summary>
    [Parameter]
    [Unsupported(NoCheckpoints, Except = PowerShell.CheckpointType.Disabled)]
    public CheckpointType? CheckpointType { get; set; }

    /// <summary>Not supported: the folder of checkpoints.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoCheckpoints)]
    public string? SnapshotFileLocation { get; set; }

    /// <summary>Not supported: the folder of the paging file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Unsupported("there is no smart paging.")]
    public string? SmartPagingFilePath { get; set; }

    /// <summary>Off; locking is not supported.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("the console is a serial line, which cannot be locked.", Except = OnOffState.Off)]
    public OnOffState? LockOnDisconnect { get; set; }

    /// <summary>Not supported: what carries an enhanced session.</summary>
    [Parameter]
    [Unsupported("there are no enhanced sessions; the console is a serial line.")]
    public EnhancedSessionTransportType? EnhancedSessionTransportType { get; set; }

    /// <summary>False; a battery is not supported.</summary>
    [Parameter]
    [Unsupported("there is no battery.", Except = false)]
    public bool BatteryPassthroughEnabled { get; set; }

    /// <summary>False; other cache types are not supported.</summary>
    [Parameter]
    [Unsupported("the guest's cache types have no effect.", Except = false)]
    public bool GuestControlledCacheTypes { get; set; }

    /// <summary>Not supported: megabytes for devices below 4 GB.</summary>
    [Parameter]
    [Unsupported(FixedLayout)]
    public uint LowMemoryMappedIoSpace { get; set; }

    /// <summary>Not supported: bytes for devices above 4 GB.</summary>
    [Parameter]
    [Unsupported(FixedLayout)]
    public ulong HighMemoryMappedIoSpace { get; set; }

    /// <summary>Has no effect, as paths are never verified against a cluster.</summary>
    [Parameter]
    public SwitchParameter AllowUnverifiedPaths { get; set; }

    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (StaticMemory && DynamicMemory)
        {
            throw ApiException.InvalidArgument("-StaticMemory and -DynamicMemory exclude each other.");
        }

        if (Confirmed("configure", machine))
        {
            Change(machine, new ChangeMachineRequest
            {
                Name = NewVMName,
                Notes = Notes,
                Engine = Convert.FromEngine(Engine),
                MemoryStartupBytes = MemoryStartupBytes,
                MemoryMinimumBytes = MemoryMinimumBytes,
                MemoryMaximumBytes = MemoryMaximumBytes,
                ProcessorCount = SetVMProcessor.ToCount(ProcessorCount),
                TestDevices = TestDevices,
            });
            if (Passthru)
            {
                WriteObject(machine);
            }
        }
    }
}
