using System.Management.Automation;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetAdapter: shows the network interfaces of this host.</summary>
/// <remarks>
/// The host's port on a virtual switch is called vEthernet (SWITCH). Other interfaces have the name that Rename-NetAdapter gave them, else the kernel's.
/// </remarks>
/// <example>
/// The host's port on the virtual switch VmNAT.
/// <code>Get-NetAdapter "vEthernet (VmNAT)"</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetAdapter", DefaultParameterSetName = NameSet)]
[OutputType(typeof(NetAdapter))]
public sealed class GetNetAdapter : CimCmdlet
{
    private const string NameSet = "ByName";
    private const string DescriptionSet = "ByInstanceID";
    private const string IndexSet = "ByIfIndex";

    /// <summary>Names of adapters; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0)]
    [Alias("ifAlias", "InterfaceAlias")]
    public string[]? Name { get; set; }

    /// <summary>Looks at hidden adapters too: the loopback, and the host's ends of virtual machines' adapters.</summary>
    [Parameter]
    public SwitchParameter IncludeHidden { get; set; }

    /// <summary>Only adapters with hardware behind them.</summary>
    [Parameter]
    public SwitchParameter Physical { get; set; }

    /// <summary>Descriptions of adapters; wildcards work.</summary>
    [Parameter(ParameterSetName = DescriptionSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifDesc")]
    [ValidateNotNullOrEmpty]
    public string[]? InterfaceDescription { get; set; }

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ParameterSetName = IndexSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    [ValidateNotNullOrEmpty]
    public uint[]? InterfaceIndex { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetAdapter.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        Write(new CimQuery<NetAdapter>(CimClass)
            .Like("Name", ParameterSetName == NameSet ? Name : null, adapter => adapter.Names)
            .Like("InterfaceDescription", ParameterSetName == DescriptionSet ? InterfaceDescription : null, adapter => adapter.InterfaceDescription)
            .Is("InterfaceIndex", ParameterSetName == IndexSet ? InterfaceIndex : null, adapter => adapter.InterfaceIndex)
            .Run(state.Adapters.Where(adapter => (IncludeHidden || !adapter.Hidden) && (!Physical || adapter.HardwareInterface)), WriteError));
    }
}
