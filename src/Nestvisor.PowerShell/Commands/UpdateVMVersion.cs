using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Update-VMVersion: brings virtual machines that are off to the newest configuration version. There is no way back.</summary>
[Cmdlet(VerbsData.Update, "VMVersion", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(VirtualMachine))]
public sealed class UpdateVMVersion : MachineJobCmdlet
{
    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override bool AsksUnlessForced => true;

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? given)
        ? (SwitchParameter)given
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <inheritdoc/>
    private protected override bool IsConfirmed(VirtualMachine machine) =>
        (Force && !IsWhatIf && !MyInvocation.BoundParameters.ContainsKey("Confirm"))
        || Confirmed("bring to the newest configuration version, from which there is no way back,", machine);

    /// <inheritdoc/>
    private protected override void Work(VirtualMachine machine)
    {
        string newest = Await(Client.GetHostAsync(Cancellation)).DefaultVersion;
        if (machine.Version == newest)
        {
            WriteWarning($"The configuration version of the virtual machine \"{machine.Name}\" is {newest} already.");
            return;
        }

        Change(machine, new ChangeMachineRequest { Version = newest });
    }
}
