using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command with the noun VM and the parameter sets Name and VMObject.</summary>
public abstract class NamedMachineCmdlet : MachineCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string ObjectSet = "VMObject";

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public virtual CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public virtual string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public virtual PSCredential[]? Credential { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.VMName"/>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Alias("VMName")]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public virtual string[]? Name { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public virtual VirtualMachine[]? VM { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => Name;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;
}
