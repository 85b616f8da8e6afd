using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Set-VMHardDiskDrive: moves virtual hard disks to other places or gives drives other files.</summary>
/// <remarks>
/// A disk is named by its place, of which only as much is needed as leaves one disk. The guest sees virtio disks in the order of their places,
/// those on IDE controllers first. The machine has to be off.
/// </remarks>
/// <example>
/// Moves the disks of L1 to SCSI controller 0.
/// <code>Get-VMHardDiskDrive L1 | Set-VMHardDiskDrive -ToControllerType SCSI -ToControllerNumber 0</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "VMHardDiskDrive", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(HardDiskDrive))]
public sealed class SetVMHardDiskDrive : VirtualizationCmdlet
{
    private const string NameSet = "VMName";
    private const string DriveSet = "Object";
    private const string NoQualityOfService = "the speed of disks cannot be limited.";

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = DriveSet, ValueFromPipelineByPropertyName = true)]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = DriveSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSComputerName")]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = DriveSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Name of the virtual machine.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string? VMName { get; set; }

    /// <summary>Kind of the controller that the disk is at; any if not given, as with the next two, if that leaves one disk.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 1)]
    public ControllerType ControllerType { get; set; }

    /// <summary>Number of the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 2)]
    [ValidateNotNull]
    public int? ControllerNumber { get; set; }

    /// <summary>Place on the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 3)]
    [ValidateNotNull]
    public int? ControllerLocation { get; set; }

    /// <summary>Virtual hard disks.</summary>
    [Parameter(ParameterSetName = DriveSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public HardDiskDrive[]? VMHardDiskDrive { get; set; }

    /// <summary>Another file.</summary>
    [Parameter(Position = 4)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Kind of the controller to move to; the same if not given.</summary>
    [Parameter]
    [ValidateNotNull]
    public ControllerType? ToControllerType { get; set; }

    /// <summary>Number of the controller to move to; the same if not given, or the first with a free place if the kind changes.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? ToControllerNumber { get; set; }

    /// <summary>Place to move to; the same if not given, or the first that is free if the controller is given.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? ToControllerLocation { get; set; }

    /// <summary>Not supported: a physical disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Number")]
    [Unsupported("physical disks cannot be attached.")]
    public uint DiskNumber { get; set; }

    /// <summary>Not supported: a resource pool.</summary>
    [Parameter]
    [ValidateNotNull]
    [Unsupported("there are no resource pools.")]
    public string? ResourcePoolName { get; set; }

    /// <summary>False; shared disks are not supported.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Alias("ShareVirtualDisk")]
    [Unsupported("disks cannot be shared.", Except = false)]
    public bool? SupportPersistentReservations { get; set; }

    /// <summary>Has no effect, as paths are never verified against a cluster.</summary>
    [Parameter]
    public SwitchParameter AllowUnverifiedPaths { get; set; }

    /// <summary>0; another limit is not supported.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService, Except = 0)]
    public ulong? MaximumIOPS { get; set; }

    /// <summary>0; another promise is not supported.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService, Except = 0)]
    public ulong? MinimumIOPS { get; set; }

    /// <summary>Not supported: a policy for the speed.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService)]
    public CimInstance? QoSPolicy { get; set; }

    /// <summary>Not supported: a policy for the speed.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService)]
    public string? QoSPolicyID { get; set; }

    /// <summary>Default; another caching is not supported.</summary>
    [Parameter]
    [Unsupported("the host caches a disk's file as it does other files.", Except = CacheAttributes.Default)]
    public CacheAttributes? OverrideCacheAttributes { get; set; }

    /// <summary>Writes the drive.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    private ControllerType? GivenType => MyInvocation.BoundParameters.ContainsKey(nameof(ControllerType)) ? ControllerType : null;

    /// <inheritdoc/>
    private protected override void Process()
    {
        ChangeDiskRequest request = new()
        {
            Path = Path is null ? null : FullPath(Path),
            ToControllerType = DriveFinder.KindOf(ToControllerType),
            ToControllerNumber = ToControllerNumber,
            ToControllerLocation = ToControllerLocation,
        };
        foreach (HardDiskDrive drive in VMHardDiskDrive ?? (IEnumerable<HardDiskDrive>)FindDrives())
        {
            Guarded(() => Change(drive, request));
        }
    }

    private void Change(HardDiskDrive drive, ChangeDiskRequest request)
    {
        if (!Confirmed("configure a hard disk drive of", drive.Machine))
        {
            return;
        }

        List<HardDiskDrive> before = [.. drive.Machine.HardDrives];
        _ = before.RemoveAll(other => other.IsAt(drive.ControllerType, drive.ControllerNumber, drive.ControllerLocation));
        Session.Touch();
        drive.Machine.Update(Await(Client.ChangeDiskAsync(
            drive.VMId, DriveFinder.KindOf(drive.ControllerType)!.Value, drive.ControllerNumber, drive.ControllerLocation, request, Cancellation)));
        if (Passthru)
        {
            // The one that is at a place where none of the others is.
            WriteObject(Array.Find(
                drive.Machine.HardDrives,
                changed => !before.Exists(other => other.IsAt(changed.ControllerType, changed.ControllerNumber, changed.ControllerLocation))));
        }
    }

    private List<HardDiskDrive> FindDrives()
    {
        List<HardDiskDrive> drives = [];
        List<VirtualMachine> machines = MachineFinder.Find(
            Session,
            Await(Client.GetMachinesAsync(Cancellation)),
            [VMName!],
            name => WriteError(ErrorOf(ApiException.NotFound(MachineFinder.NotFound(name)), null)));
        foreach (VirtualMachine machine in machines)
        {
            HardDiskDrive[] found = Array.FindAll(machine.HardDrives, drive => drive.IsAt(GivenType, ControllerNumber, ControllerLocation));
            string place = DriveFinder.Describe(GivenType, ControllerNumber, ControllerLocation);
            switch (found)
            {
                case [HardDiskDrive one]:
                    drives.Add(one);
                    break;
                case []:
                    WriteError(ErrorOf(ApiException.NotFound($"'{machine.Name}' has no hard disk drive at {place}."), null));
                    break;
                default:
                    WriteError(ErrorOf(
                        ApiException.InvalidArgument(
                            $"'{machine.Name}' has {found.Length} hard disk drives at {place}. Name one with -ControllerType, -ControllerNumber and -ControllerLocation."),
                        null));
                    break;
            }
        }

        return drives;
    }
}
