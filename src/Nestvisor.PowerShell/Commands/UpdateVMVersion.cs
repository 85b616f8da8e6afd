using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Update-VMVersion: brings virtual machines that are off to the newest configuration version. There is no way back.</summary>
/// <remarks>
/// Newer versions allow more: virtualization extensions on an AMD processor need 10.0. The machine must be off, without a saved state. The
/// command asks unless -Force is given.
/// </remarks>
/// <example>
/// Brings L1, which was made with an older version, to the newest without asking.
/// <code>Update-VMVersion L1 -Force</code>
/// </example>
[Cmdlet(VerbsData.Update, "VMVersion", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(VirtualMachine))]
public sealed class UpdateVMVersion : MachineJobCmdlet
{
    /// <inheritdoc cref="RemoveVM.Force"/>
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
