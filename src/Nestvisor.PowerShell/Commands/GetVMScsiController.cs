using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMScsiController: gets the SCSI controllers of virtual machines.</summary>
/// <remarks>
/// A machine has up to four, numbered from 0, with 64 places each. They name places of disks as in Hyper-V; the guest sees virtio disks.
/// </remarks>
/// <example>
/// Shows the disks of L1 by controller.
/// <code>Get-VMScsiController L1 | Get-VMHardDiskDrive</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMScsiController", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMScsiController))]
public sealed class GetVMScsiController : MachinePartCmdlet
{
    /// <summary>Number of the controller.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    [ValidateRange(0, 63)]
    public int? ControllerNumber { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) =>
        WriteObject(VMScsiController.Of(machine).Where(controller => (ControllerNumber ?? controller.ControllerNumber) == controller.ControllerNumber), enumerateCollection: true);
}
