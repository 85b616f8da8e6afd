using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Save-VM: saves the state of virtual machines; Start-VM lets them go on from it.</summary>
[Cmdlet(VerbsData.Save, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class SaveVM : MachineOperationCmdlet
{
    /// <inheritdoc/>
    private protected override string Verb => "save";

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine)
    {
        if (!IsAlready(machine, VMState.Saved))
        {
            Operate(machine, MachineOperation.Save);
        }
    }
}
