using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Rename-VMSwitch: gives a virtual switch another name.</summary>
/// <remarks>The host's port on it is then called vEthernet with the new name. The Default Switch cannot be renamed.</remarks>
/// <example>
/// Renames a switch.
/// <code>Rename-VMSwitch VmNAT -NewName Lab</code>
/// </example>
[Cmdlet(VerbsCommon.Rename, "VMSwitch", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(VMSwitch))]
public sealed class RenameVMSwitch : SwitchCmdlet
{
    private const string NameSet = "SwitchName";
    private const string ObjectSet = "SwitchObject";

    /// <summary>Name of the switch.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    [ArgumentCompleter(typeof(SwitchNameCompleter))]
    public string? Name { get; set; }

    /// <summary>The switch.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMSwitch? VMSwitch { get; set; }

    /// <summary>The new name; no other switch may have it in any case.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string NewName { get; set; } = "";

    /// <summary>Writes the switch.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override void Process()
    {
        VMSwitch target = VMSwitch ?? new VMSwitch(SwitchFinder.Find(Await(Client.GetSwitchesAsync(Cancellation)), Name!));
        if (Confirmed("rename", target.Name))
        {
            target.Update(Await(Client.ChangeSwitchAsync(target.Id, new ChangeSwitchRequest { Name = NewName }, Cancellation)));
            if (Passthru)
            {
                WriteObject(target);
            }
        }
    }
}
