using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Add-VMHardDiskDrive: attaches virtual hard disks to virtual machines.</summary>
/// <remarks>
/// A disk is a VHDX, a VHD or a raw file; its extension says which. Without a place the disk gets the first one that is free, on IDE controllers
/// before SCSI ones; the guest sees virtio disks in the order of their places. The machine has to be off. The command writes nothing unless -Passthru
/// is given.
/// </remarks>
/// <example>
/// Attaches a disk that the guest may only read.
/// <code>Add-VMHardDiskDrive -VMName L1 -Path data.img -ReadOnly</code>
/// </example>
[Cmdlet(VerbsCommon.Add, "VMHardDiskDrive", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(HardDiskDrive))]
public sealed class AddVMHardDiskDrive : MachinePartCmdlet
{
    private const string ControllerSet = "VMDriveController";
    private const string NoQualityOfService = "the speed of disks cannot be limited.";

    /// <inheritdoc/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Alias("PSComputerName")]
    public override string[]? ComputerName { get; set; }

    /// <summary>Kind of the controller; in generation 1 IDE while it has a free place, else SCSI, if not given.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Position = 1)]
    public ControllerType? ControllerType { get; set; }

    /// <summary>Number of the controller; the first with a free place if not given.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 2)]
    [Parameter(ParameterSetName = ObjectSet, Position = 2)]
    [ValidateNotNull]
    public int? ControllerNumber { get; set; }

    /// <summary>Place on the controller, 0 or 1 with IDE, 0 to 63 with SCSI; the first that is free if not given.</summary>
    [Parameter(Position = 3)]
    [ValidateNotNull]
    public int? ControllerLocation { get; set; }

    /// <summary>The disk controller.</summary>
    [Parameter(ParameterSetName = ControllerSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMDriveController? VMDriveController { get; set; }

    /// <summary>The file.</summary>
    [Parameter(Position = 4)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>An extension: the guest may only read the disk.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

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

    /// <summary>Not supported: a shared disk.</summary>
    [Parameter]
    [Alias("ShareVirtualDisk")]
    [Unsupported("disks cannot be shared.", Except = false)]
    public SwitchParameter SupportPersistentReservations { get; set; }

    /// <summary>Has no effect, as paths are never verified against a cluster.</summary>
    [Parameter]
    public SwitchParameter AllowUnverifiedPaths { get; set; }

    /// <summary>Not supported: most operations a second.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService)]
    public ulong? MaximumIOPS { get; set; }

    /// <summary>Not supported: least operations a second.</summary>
    [Parameter]
    [Unsupported(NoQualityOfService)]
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
    private protected override IEnumerable<VirtualMachine> Targets() => VMDriveController is { } controller ? [controller.Machine] : base.Targets();

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Path is null)
        {
            throw ApiException.NotSupported("Add-VMHardDiskDrive without -Path is not supported: a drive without a disk cannot be attached.");
        }

        (VMDriveController as VMScsiController)?.RequireCurrent();
        AddDiskRequest request = new()
        {
            Path = FullPath(Path),
            ReadOnly = ReadOnly,
            ControllerType = DriveFinder.KindOf(VMDriveController?.ControllerType ?? ControllerType),
            ControllerNumber = VMDriveController?.ControllerNumber ?? ControllerNumber,
            ControllerLocation = ControllerLocation,
        };
        if (!Confirmed("add a hard disk drive to", machine))
        {
            return;
        }

        HardDiskDrive[] before = machine.HardDrives;
        Session.Touch();
        machine.Update(Await(Client.AddDiskAsync(machine.Id, request, Cancellation)));
        foreach (HardDiskDrive drive in machine.HardDrives)
        {
            if (Passthru && !Array.Exists(before, old => old.IsAt(drive.ControllerType, drive.ControllerNumber, drive.ControllerLocation)))
            {
                WriteObject(drive);
            }
        }
    }
}
