using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMSavedState: removes the saved state of virtual machines, which then are off, as if their power had been cut.</summary>
/// <remarks>To the guest it is as if its power had been cut when it was saved. A machine that is not saved is an error.</remarks>
/// <example>
/// Throws away what Save-VM has saved of L1.
/// <code>Remove-VMSavedState L1</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMSavedState", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
public sealed class RemoveVMSavedState : MachinePartCmdlet
{
    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("remove the saved state of", machine))
        {
            Session.Touch();
            machine.Update(Await(Client.OperateAsync(machine.Id, MachineOperation.Discard, Cancellation)));
        }
    }
}
