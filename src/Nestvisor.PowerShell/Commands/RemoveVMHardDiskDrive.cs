using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMHardDiskDrive: detaches virtual hard disks. Their files stay.</summary>
/// <remarks>The machine has to be off.</remarks>
/// <example>
/// Detaches all disks of L1.
/// <code>Get-VMHardDiskDrive L1 | Remove-VMHardDiskDrive</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMHardDiskDrive", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(HardDiskDrive))]
public sealed class RemoveVMHardDiskDrive : VirtualizationCmdlet
{
    private const string NameSet = "VMName";
    private const string DriveSet = "VMHardDiskDrive";

    /// <summary>Name of the virtual machine.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string? VMName { get; set; }

    /// <summary>Kind of the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public ControllerType? ControllerType { get; set; }

    /// <summary>Number of the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public int? ControllerNumber { get; set; }

    /// <summary>Place on the controller.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 3)]
    public int? ControllerLocation { get; set; }

    /// <summary>Virtual hard disks.</summary>
    [Parameter(ParameterSetName = DriveSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public HardDiskDrive[]? VMHardDiskDrive { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Writes the drive.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (HardDiskDrive drive in VMHardDiskDrive ?? (IEnumerable<HardDiskDrive>)FindDrives())
        {
            Guarded(() => Remove(drive));
        }
    }

    private void Remove(HardDiskDrive drive)
    {
        if (Confirmed("remove a hard disk drive from", drive.Machine))
        {
            Session.Touch();
            drive.Machine.Update(Await(Client.RemoveDiskAsync(
                drive.VMId, DriveFinder.KindOf(drive.ControllerType)!.Value, drive.ControllerNumber, drive.ControllerLocation, Cancellation)));
            if (Passthru)
            {
                WriteObject(drive);
            }
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
            HardDiskDrive? drive = Array.Find(machine.HardDrives, drive => drive.IsAt(ControllerType, ControllerNumber, ControllerLocation));
            if (drive is null)
            {
                WriteError(ErrorOf(
                    ApiException.NotFound($"'{machine.Name}' has no hard disk drive at {DriveFinder.Describe(ControllerType, ControllerNumber, ControllerLocation)}."), null));
            }
            else
            {
                drives.Add(drive);
            }
        }

        return drives;
    }
}
