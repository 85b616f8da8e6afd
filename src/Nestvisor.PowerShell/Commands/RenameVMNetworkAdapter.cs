using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Rename-VMNetworkAdapter: renames network adapters of virtual machines, in any state, and of this host.</summary>
/// <remarks>The guest does not see the name. The interface of an adapter of this host, vEthernet (name), is renamed with it.</remarks>
/// <example>
/// Names the adapter of L1 after its network.
/// <code>Rename-VMNetworkAdapter -VMName L1 -Name 'Network Adapter' -NewName Lab</code>
/// </example>
[Cmdlet(VerbsCommon.Rename, "VMNetworkAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(VMNetworkAdapterBase))]
public sealed class RenameVMNetworkAdapter : AdaptersCmdlet
{
    /// <summary>This host's adapters at virtual switches.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Names of virtual machines; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 1)]
    [Parameter(ParameterSetName = ObjectSet, Position = 1)]
    [Parameter(ParameterSetName = HostSet, Position = 1)]
    [Alias("VMNetworkAdapterName")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>New name.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>Writes the adapter.</summary>
    [Parameter]
    public SwitchParameter Passthru { get; set; }

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => Name is null ? null : [Name];

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter)
    {
        if (Confirmed("rename", adapter))
        {
            Change(adapter, new ChangeHostPortRequest { Name = NewName });
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter)
    {
        if (Confirmed("rename", adapter))
        {
            Change(adapter, new ChangeAdapterRequest { Name = NewName });
            if (Passthru)
            {
                WriteObject(adapter);
            }
        }
    }
}
