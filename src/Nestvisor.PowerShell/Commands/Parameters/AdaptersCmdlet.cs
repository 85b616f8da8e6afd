using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>A command on any number of network adapters, given as objects or by virtual machines.</summary>
public abstract class AdaptersCmdlet : ComputerAdapterCmdlet
{
    /// <summary>Network adapters.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public VMNetworkAdapterBase[]? VMNetworkAdapter { get; set; }

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;

    /// <inheritdoc/>
    private protected override IEnumerable<VMNetworkAdapterBase>? GivenAdapters => VMNetworkAdapter;
}
