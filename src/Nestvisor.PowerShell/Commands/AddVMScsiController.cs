using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Add-VMScsiController: adds a SCSI controller to virtual machines, which can have four.</summary>
/// <remarks>
/// The controller gets the next number. The machine has to be off. The command writes nothing unless -Passthru is given.
/// </remarks>
/// <example>
/// Adds a controller and a disk on it.
/// <code>Add-VMScsiController L1 -Passthru | Add-VMHardDiskDrive -Path data.img</code>
/// </example>
[Cmdlet(VerbsCommon.Add, "VMScsiController", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMScsiController))]
public sealed class AddVMScsiController : MachinePartCmdlet
{
    /// <summary>Writes the controller.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("add a SCSI controller to", machine))
        {
            Session.Touch();
            machine.Update(Await(Client.AddScsiControllerAsync(machine.Id, Cancellation)));
            if (Passthru)
            {
                WriteObject(VMScsiController.Of(machine)[^1]);
            }
        }
    }
}
