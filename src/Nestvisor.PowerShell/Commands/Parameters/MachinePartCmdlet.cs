using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on a part of virtual machines, with the parameter sets VMName and VMObject.</summary>
public abstract class MachinePartCmdlet : MachineCmdlet
{
    private protected const string NameSet = "VMName";
    private protected const string ObjectSet = "VMObject";

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name; that of another computer is refused.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public virtual string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => ParameterSetName == NameSet ? VMName : null;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => ParameterSetName == ObjectSet ? VM : null;

    /// <summary>The machines of parts that were given as objects.</summary>
    private protected static IEnumerable<VirtualMachine> MachinesOf(IEnumerable<VMComponentObject> parts)
    {
        foreach (VMComponentObject part in parts)
        {
            yield return part.Machine;
        }
    }
}
