using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Completion;
using Microsoft.Management.Infrastructure;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Get-VMNetworkAdapterVlan: gets the VLANs of network adapters of virtual machines.</summary>
/// <remarks>Without a machine those of all machines are given.</remarks>
/// <example>
/// Shows in which VLANs the adapters of L1 are.
/// <code>Get-VMNetworkAdapterVlan -VMName L1</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "VMNetworkAdapterVlan", DefaultParameterSetName = NameSet)]
[OutputType(typeof(VMNetworkAdapterVlanSetting))]
public sealed class GetVMNetworkAdapterVlan : AdapterCmdlet
{
    /// <summary>Names of virtual machines; wildcards work; all if not given.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MachineNameCompleter))]
    public string[]? VMName { get; set; }

    /// <summary>Network adapters.</summary>
    [Parameter(ParameterSetName = AdapterSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public VMNetworkAdapterBase[]? VMNetworkAdapter { get; set; }

    /// <summary>Not supported: this host's ports.</summary>
    [Parameter(ParameterSetName = HostSet, Mandatory = true)]
    [Unsupported(NoHostVlans)]
    public SwitchParameter ManagementOS { get; set; }

    /// <summary>Name of the adapter; wildcards work.</summary>
    [Parameter(ParameterSetName = ObjectSet)]
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = HostSet)]
    [SupportsWildcards]
    public string? VMNetworkAdapterName { get; set; }

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

    /// <summary>Virtual machines.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NoCompleter))]
    public VirtualMachine[]? VM { get; set; }

    internal const string NoHostVlans = "this host's port on a switch has no VLAN of its own; frames without a tag are its own. Make an interface of the VLAN with ip(8).";

    /// <inheritdoc/>
    private protected override string[]? RequestedComputers => ComputerName;

    /// <inheritdoc/>
    private protected override string[]? GivenNames => VMName ?? ["*"];

    /// <inheritdoc/>
    private protected override VirtualMachine[]? GivenMachines => VM;

    /// <inheritdoc/>
    private protected override IEnumerable<VMNetworkAdapterBase>? GivenAdapters => VMNetworkAdapter;

    /// <inheritdoc/>
    private protected override string[]? AdapterNames => VMNetworkAdapterName is null ? null : [VMNetworkAdapterName];

    /// <inheritdoc/>
    private protected override void ProcessAdapter(VMNetworkAdapter adapter) => WriteObject(adapter.VlanSetting);
}
