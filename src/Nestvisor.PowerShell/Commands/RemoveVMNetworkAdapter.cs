using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMNetworkAdapter: removes network adapters from virtual machines, which must be off.</summary>
/// <remarks>Without -Name all adapters of the machines are removed.</remarks>
/// <example>
/// Removes an adapter by its name.
/// <code>Remove-VMNetworkAdapter -VMName L1 -Name 'Network Adapter'</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class RemoveVMNetworkAdapter : AdaptersCmdlet
{
    /// <summary>Not supported: this host's port on a switch.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    [Unsupported(NoHostPorts)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

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
    private protected override string[]? GivenNames => VMName;

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
