using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VM: deletes the configuration of virtual machines that are off. Their disks stay.</summary>
/// <remarks>
/// The files of the disks stay. A machine that is saved is removed with its saved state; one that runs is not removed. The command asks
/// unless -Force is given.
/// </remarks>
/// <example>
/// Removes L1 without asking.
/// <code>Remove-VM L1 -Force</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class RemoveVM : MachineJobCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool AsksUnlessForced => true;

    /// <inheritdoc/>
    private protected override bool IsConfirmed(VirtualMachine machine) =>
        Confirmed("remove", machine)
        && (Force || ShouldContinue($"Are you sure you want to remove the virtual machine \"{machine.Name}\"?", "Confirm", ref _yesToAll, ref _noToAll));

    /// <inheritdoc/>
    private protected override void Work(VirtualMachine machine)
    {
        Await(Client.RemoveMachineAsync(machine.Id, Cancellation));
        Session.Touch();
    }
}
