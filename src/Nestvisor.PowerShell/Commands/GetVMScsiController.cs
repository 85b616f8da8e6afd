using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMScsiController: the SCSI controllers of virtual machines.</summary>
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
