using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Start-VM: starts virtual machines, or lets them go on if they are paused or saved.</summary>
/// <remarks>
/// The machine's engine is KVM or software, as New-VM or Set-VM -Engine say. The command returns when the machine runs; Wait-VMConsoleText
/// waits for what its guest prints. A machine that runs already is a warning.
/// </remarks>
/// <example>
/// Starts L1.
/// <code>Start-VM L1</code>
/// </example>
[Cmdlet(VerbsLifecycle.Start, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class StartVM : MachineOperationCmdlet
{
    /// <inheritdoc/>
    private protected override string Verb => "start";

    /// <inheritdoc/>
    private protected override void Operate(VirtualMachine machine)
    {
        if (!IsAlready(machine, VMState.Running))
        {
            Operate(machine, MachineOperation.Start);
            foreach (string warning in machine.Info.Warnings)
            {
                WriteWarning(warning);
            }
        }
    }
}
