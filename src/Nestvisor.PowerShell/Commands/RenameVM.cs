using System.Management.Automation;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Rename-VM: gives virtual machines another name.</summary>
/// <remarks>The name changes in any state. Names need not be unique.</remarks>
/// <example>
/// Gives L1 another name.
/// <code>Rename-VM L1 -NewName Lab</code>
/// </example>
[Cmdlet(VerbsCommon.Rename, "VM", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VirtualMachine))]
public sealed class RenameVM : NamedMachineCmdlet
{
    /// <summary>The new name.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Writes the machine.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessMachine(VirtualMachine machine)
    {
        if (Confirmed("rename", machine))
        {
            Change(machine, new ChangeMachineRequest { Name = NewName });
            if (Passthru)
            {
                WriteObject(machine);
            }
        }
    }
}
