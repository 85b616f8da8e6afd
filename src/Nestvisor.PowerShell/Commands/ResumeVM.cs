using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Resume-VM: lets paused virtual machines go on.</summary>
/// <remarks>The guest goes on from where Suspend-VM has stopped it; its time has stood still meanwhile.</remarks>
/// <example>
/// Lets L1 go on.
/// <code>Resume-VM L1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Resume, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class ResumeVM : MachineOperationCmdlet
{
    /// <inheritdoc/>
    private protected override string Verb => "resume";

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine)
    {
        if (!IsAlready(machine, VMState.Running))
        {
            Operate(machine, MachineOperation.Resume);
        }
    }
}
