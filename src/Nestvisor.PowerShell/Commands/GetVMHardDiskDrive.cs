using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHardDiskDrive: the virtual hard disks of virtual machines.</summary>
[Cmdlet(VerbsCommon.Get, "VMHardDiskDrive", DefaultParameterSetName = NameSet)]
[OutputType(typeof(HardDiskDrive))]
public sealed class GetVMHardDiskDrive : MachinePartCmdlet
{
    /// <summary>Kind of the controller.</summary>
    [Parameter]
    public ControllerType? ControllerType { get; set; }

    /// <summary>Number of the controller.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? ControllerNumber { get; set; }

    /// <summary>Place on the controller.</summary>
    [Parameter]
    [ValidateNotNull]
    public int? ControllerLocation { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        foreach (HardDiskDrive drive in machine.HardDrives)
        {
            if ((ControllerType ?? drive.ControllerType) == drive.ControllerType
                && (ControllerNumber ?? drive.ControllerNumber) == drive.ControllerNumber
                && (ControllerLocation ?? drive.ControllerLocation) == drive.ControllerLocation)
            {
                WriteObject(drive);
            }
        }
    }
}
