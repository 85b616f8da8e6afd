using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMNetworkAdapterVlan: gets the VLANs of network adapters of virtual machines and of this host.</summary>
/// <remarks>Without a machine those of all machines are given; with -ManagementOS those of this host.</remarks>
/// <example>
/// Shows in which VLANs the adapters of L1 are.
/// <code>Get-VMNetworkAdapterVlan -VMName L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMNetworkAdapterVlan", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMNetworkAdapterVlanSetting))]
public sealed class GetVMNetworkAdapterVlan : AdaptersCmdlet
{
    /// <summary>Names of virtual machines; wildcards work; all if not given.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>This host's adapters.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [SupportsWildcards]
    public string? VMNetworkAdapterName { get; set; }

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName ?? ["*"];

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => VMNetworkAdapterName is null ? null : [VMNetworkAdapterName];

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter) => WriteObject(adapter.VlanSetting);

    /// <inheritdoc/>
    private protected override void ProcessHostAdapter(VMInternalNetworkAdapter adapter) => WriteObject(adapter.VlanSetting);
}
