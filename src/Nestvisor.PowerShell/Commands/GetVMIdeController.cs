using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMIdeController: gets the IDE controllers of virtual machines. Those of generation 2 have none.</summary>
/// <remarks>
/// A machine of generation 1 has two, 0 and 1, with two places each. They name places of disks as in Hyper-V; the guest sees virtio disks.
/// </remarks>
/// <example>
/// Shows what is on the first IDE controller of L1.
/// <code>(Get-VMIdeController L1 -ControllerNumber 0).Drives</code>
/// </example>
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
