using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Remove-VMNetworkAdapter: removes network adapters from virtual machines, which must be off, and from this host.</summary>
/// <remarks>
/// Without -Name all adapters of the machines, or of this host, are removed. An adapter of this host loses its addresses. Without any a switch is not shared with this
/// host any more: an internal one becomes private.
/// </remarks>
/// <example>
/// Removes an adapter by its name.
/// <code>Remove-VMNetworkAdapter -VMName L1 -Name 'Network Adapter'</code>
/// </example>
[Cmdlet(VerbsCommon.Remove, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class RemoveVMNetworkAdapter : AdaptersCmdlet
{
    /// <summary>This host's adapters at virtual switches.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
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

    /// <summary>Name of the switch at which this host's adapters are.</summary>
    [Parameter(ParameterSetName = HostSet)]
    [ValidateNotNullOrEmpty]
    public string? SwitchName { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name is null ? null : [Name];

    /// <inheritdoc/>
    private protected override string? HostSwitchName => SwitchName;

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter)
    {
        if (Confirmed("remove", adapter))
        {
            adapter.Update(Await(Client.RemoveHostPortAsync(adapter.SwitchId!.Value, adapter.PortId, Cancellation)));
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }

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
