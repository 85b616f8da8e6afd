using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Restart-VM: resets virtual machines, as if their reset button were pressed.</summary>
[Cmdlet(VerbsLifecycle.Restart, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class RestartVM : MachineOperationCmdlet
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>How a virtual machine is restarted.</summary>
    public enum RestartType
    {
        /// <summary>By a reset.</summary>
        Reset = 0,

        /// <summary>By the guest itself.</summary>
        Reboot = 1,
    }

    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Reset; a restart by the guest is not supported.</summary>
    [Parameter]
    [Unsupported("only a reset is supported.", Except = RestartType.Reset)]
    public RestartType Type { get; set; }

    /// <inheritdoc/>
    private protected override string Verb => "restart";

    /// <inheritdoc/>
    private protected override bool MayProceed(VirtualMachine machine) =>
        Force || ShouldContinue(
            $"Are you sure you want to restart the virtual machine \"{machine.Name}\"? Unsaved data in it will be lost.", "Confirm", ref _yesToAll, ref _noToAll);

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine) => Operate(machine, MachineOperation.Reset);
}
