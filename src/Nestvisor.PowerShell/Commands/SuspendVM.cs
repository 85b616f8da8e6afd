using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Suspend-VM: pauses virtual machines.</summary>
/// <remarks>The machine keeps its memory and uses no processor. Resume-VM and Start-VM let it go on.</remarks>
/// <example>
/// Pauses L1.
/// <code>Suspend-VM L1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Suspend, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class SuspendVM : MachineOperationCmdlet
{
    /// <inheritdoc/>
    private protected override string Verb => "suspend";

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine)
    {
        if (!IsAlready(machine, VMState.Paused))
        {
            Operate(machine, MachineOperation.Pause);
        }
    }
}
