using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMHardDiskDrive: gets the virtual hard disks of virtual machines.</summary>
/// <remarks>Controller and place choose disks; without them all are given, in the order in which the guest sees them.</remarks>
/// <example>
/// Shows the disks of L1.
/// <code>Get-VM L1 | Get-VMHardDiskDrive</code>
/// </example>
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
