using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHardDiskDrive: gets the virtual hard disks of virtual machines or of their controllers.</summary>
/// <remarks>Controller and place choose disks; without them all are given, in the order in which the guest sees them.</remarks>
/// <example>
/// Shows the disks of L1.
/// <code>Get-VM L1 | Get-VMHardDiskDrive</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMHardDiskDrive", DefaultParameterSetName = NameSet)]
[OutputType(typeof(HardDiskDrive))]
public sealed class GetVMHardDiskDrive : MachinePartCmdlet
{
    private const string ControllerSet = "VMDriveController";

    /// <summary>Kind of the controller.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    public ControllerType? ControllerType { get; set; }

    /// <summary>Number of the controller.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public int? ControllerNumber { get; set; }

    /// <summary>Place on the controller.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? ControllerLocation { get; set; }

    /// <summary>Disk controllers.</summary>
    [Parameter(ParameterSetName = ControllerSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMDriveController[]? VMDriveController { get; set; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        if (VMDriveController is null)
        {
            base.Process();
            return;
        }

        foreach (VMDriveController controller in VMDriveController)
        {
            Guarded(() => Write(controller.Machine, controller.ControllerType, controller.ControllerNumber));
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) => Write(machine, ControllerType, ControllerNumber);

    private void Write(VirtualMachine machine, ControllerType? type, int? number)
    {
        foreach (HardDiskDrive drive in machine.HardDrives)
        {
            if (drive.IsAt(type, number, ControllerLocation))
            {
                WriteObject(drive);
            }
        }
    }
}
