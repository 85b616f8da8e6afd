using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command that changes the state of virtual machines.</summary>
public abstract class MachineOperationCmdlet : MachineJobCmdlet
{
    /// <summary>What the command does, such as "start".</summary>
    private protected abstract string Verb { get; }

    /// <inheritdoc/>
    private protected sealed override bool IsConfirmed(VirtualMachine machine) => Confirmed(Verb, machine) && MayProceed(machine);

    /// <inheritdoc/>
    private protected sealed override void Work(VirtualMachine machine) => Operate(machine);

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
