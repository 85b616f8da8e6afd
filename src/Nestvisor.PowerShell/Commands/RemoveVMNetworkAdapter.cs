using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMNetworkAdapter: removes network adapters from virtual machines, which must be off.</summary>
/// <remarks>Without -Name all adapters of the machines are removed.</remarks>
/// <example>
/// Removes an adapter by its name.
/// <code>Remove-VMNetworkAdapter -VMName L1 -Name 'Network Adapter'</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class RemoveVMNetworkAdapter : AdapterCmdlet
{
    /// <summary>Network adapters.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public VMNetworkAdapterBase[]? VMNetworkAdapter { get; set; }

    /// <summary>Not supported: this host's port on a switch.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    [Unsupported(NoHostPorts)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Not supported: a session with another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(ParameterRules.OtherComputers)]
    public CimSession[]? CimSession { get; set; }

    /// <summary>This computer's name.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Not supported: credentials for another computer.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
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

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ObjectSet)]
    [Alias("VMNetworkAdapterName")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>Not supported: the switch on which this host's port is.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    [Unsupported(NoHostPorts)]
    public string? SwitchName { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;

    /// <inheritdoc/>
    private protected override IEnumerable<VMNetworkAdapterBase>? GivenAdapters => VMNetworkAdapter;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name is null ? null : [Name];

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter)
    {
        if (Confirmed("remove", adapter))
        {
            Session.Touch();
            adapter.Machine.Update(Await(Client.RemoveAdapterAsync(adapter.VMId, adapter.AdapterGuid, Cancellation)));
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }
}
