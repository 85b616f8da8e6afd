using System.Management.Automation;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VM: deletes the configuration of virtual machines that are off. Their disks stay.</summary>
[Cmdlet(VerbsCommon.Remove, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class RemoveVM : NamedMachineCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Not supported: a job.</summary>
    [Parameter]
    [Unsupported(ParameterRules.Jobs, Except = false)]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("remove", machine)
            && (Force || ShouldContinue($"Are you sure you want to remove the virtual machine \"{machine.Name}\"?", "Confirm", ref _yesToAll, ref _noToAll)))
        {
            Await(Client.RemoveMachineAsync(machine.Id, Cancellation));
            Session.Touch();
            if (Passthru)
            {
                WriteObject(machine);
            }
        }
    }
}
