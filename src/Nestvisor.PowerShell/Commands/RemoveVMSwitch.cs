using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMSwitch: removes virtual switches.</summary>
/// <remarks>
/// The interface of an external switch gets its addresses and routes back. A switch that a running virtual machine is connected to, and the
/// Default Switch, are not removed. Adapters of other virtual machines stay, connected to nothing. NATs stay.
/// </remarks>
/// <example>
/// Removes a switch without asking.
/// <code>Remove-VMSwitch VmNAT -Force</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMSwitch", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class RemoveVMSwitch : SwitchCmdlet
{
    private const string NameSet = "Name";
    private const string ObjectSet = "SwitchObject";
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Names of switches; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("SwitchName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SwitchNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Switches.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VMSwitch[]? VMSwitch { get; set; }

    /// <summary>Not supported: a pool of switches.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoPools)]
    public string[]? ResourcePoolName { get; set; }

    /// <summary>Does not ask.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

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
        foreach (VMSwitch target in VMSwitch ?? (IEnumerable<VMSwitch>)FindSwitches(Name!))
        {
            // One switch's failure does not keep the command from the others.
            Guarded(() => Remove(target));
        }
    }

    private void Remove(VMSwitch target)
    {
        if (Confirmed("remove", target.Name)
            && (Force || ShouldContinue($"Are you sure you want to remove the virtual switch \"{target.Name}\"?", "Confirm", ref _yesToAll, ref _noToAll)))
        {
            Await(Client.RemoveSwitchAsync(target.Id, Cancellation));
            target.MarkDeleted();
        }
    }
}
