using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on virtual machines that are given by name or as objects.</summary>
public abstract class MachineCmdlet : VirtualizationCmdlet
{
    /// <summary>The names given; null if objects were.</summary>
    private protected abstract string[]? GivenNames { get; }

    /// <summary>The objects given; null if names were.</summary>
    private protected abstract VirtualMachine[]? GivenMachines { get; }

    /// <inheritdoc/>
    private protected override void Process()
    {
        foreach (VirtualMachine machine in Targets())
        {
            // One machine's failure does not keep the command from the others.
            Guarded(() => ProcessMachine(machine));
        }
    }

    /// <summary>The machines to work on.</summary>
    private protected virtual IEnumerable<VirtualMachine> Targets() =>
        GivenMachines ?? (IEnumerable<VirtualMachine>)MachineFinder.Find(
            Session,
            Await(Client.GetMachinesAsync(Cancellation)),
            GivenNames!,
            name => WriteError(ErrorOf(ApiException.NotFound(MachineFinder.NotFound(name)), null)));

    /// <summary>Does the command's work for one machine.</summary>
    private protected abstract void ProcessMachine(VirtualMachine machine);

    /// <summary>Changes a machine's configuration.</summary>
    private protected void Change(VirtualMachine machine, Nestvisor.Api.Machines.ChangeMachineRequest change)
    {
        Session.Touch();
        machine.Update(Await(Client.ChangeMachineAsync(machine.Id, change, Cancellation)));
    }
}
