using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMIdeController: the IDE controllers of virtual machines. Those of generation 2 have none.</summary>
[Cmdlet(VerbsCommon.Get, "VMIdeController", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMIdeController))]
public sealed class GetVMIdeController : MachinePartCmdlet
{
    /// <summary>Number of the controller.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    [ValidateRange(0, 1)]
    public int? ControllerNumber { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine) =>
        WriteObject(VMIdeController.Of(machine).Where(controller => (ControllerNumber ?? controller.ControllerNumber) == controller.ControllerNumber), enumerateCollection: true);
}
