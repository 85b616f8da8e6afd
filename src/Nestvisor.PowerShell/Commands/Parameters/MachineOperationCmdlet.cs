using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command that changes the state of virtual machines.</summary>
public abstract class MachineOperationCmdlet : NamedMachineCmdlet
{
    /// <summary>Not supported: a job.</summary>
    [Parameter]
    [Unsupported(ParameterRules.Jobs, Except = false)]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>What the command does, such as "start".</summary>
    private protected abstract string Verb { get; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed(Verb, machine) && MayProceed(machine))
        {
            Operate(machine);
            if (Passthru)
            {
                WriteObject(machine);
            }
        }
    }

    /// <summary>Asks what the command has to ask beyond -Confirm.</summary>
    private protected virtual bool MayProceed(VirtualMachine machine) => true;

    /// <summary>Does the command's work for one machine.</summary>
    private protected abstract void Operate(VirtualMachine machine);

    /// <summary>Does an operation of the service.</summary>
    private protected void Operate(VirtualMachine machine, MachineOperation operation)
    {
        Session.Touch();
        machine.Update(Await(Client.OperateAsync(machine.Id, operation, Cancellation)));
    }

    /// <summary>Warns as Hyper-V does when there is nothing to do.</summary>
    private protected bool IsAlready(VirtualMachine machine, VMState state)
    {
        if (machine.State != state)
        {
            return false;
        }

        WriteWarning("The virtual machine is already in the specified state.");
        return true;
    }
}
