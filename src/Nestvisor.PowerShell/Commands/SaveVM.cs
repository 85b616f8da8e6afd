using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Save-VM: saves the state of virtual machines; Start-VM lets them go on from it.</summary>
/// <remarks>
/// The state, with all that the memory holds, is written to a file in the machine's folder, and the machine then uses neither memory nor
/// processors. Do not write to its disks until it runs again: its guest relies on them.
/// </remarks>
/// <example>
/// Saves L1 and lets it go on later.
/// <code>
/// Save-VM L1
/// Start-VM L1
/// </code>
/// </example>
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
