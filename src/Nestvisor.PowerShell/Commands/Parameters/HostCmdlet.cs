using System.Management.Automation;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command that reads something of this host.</summary>
public abstract class HostCmdlet : VirtualizationCmdlet
{
    private protected const string ComputerSet = "ComputerName";

    /// <inheritdoc cref="MachinePartCmdlet.CimSession"/>
    [Parameter(ParameterSetName = "CimSession", Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.ComputerName"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <inheritdoc cref="MachinePartCmdlet.Credential"/>
    [Parameter(ParameterSetName = ComputerSet, Position = 1, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public PSCredential[]? Credential { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;
}
