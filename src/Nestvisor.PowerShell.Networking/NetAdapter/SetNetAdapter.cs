using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-NetAdapter: changes the hardware address of network interfaces.</summary>
/// <remarks>
/// The same as ip link set NAME address ADDRESS.
/// </remarks>
/// <example>
/// Another address for eth1.
/// <code>Set-NetAdapter eth1 -MacAddress 00-15-5D-01-02-03</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "NetAdapter", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
[OutputType(typeof(NetAdapter))]
public sealed class SetNetAdapter : CimCmdlet
{
    private const string NameSet = "ByName";
    private const string DescriptionSet = "ByInstanceID";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Names of adapters; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = NameSet, Mandatory = true, Position = 0)]
    [Alias("ifAlias", "InterfaceAlias")]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Looks at hidden adapters too: the loopback, and the host's ends of virtual machines' adapters.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = DescriptionSet)]
    public SwitchParameter IncludeHidden { get; set; }

    /// <summary>Not supported: a VLAN for what the host sends.</summary>
    [Parameter]
    [Unsupported("Nestvisor makes no VLAN interfaces of the host. Use ip link add link ADAPTER name NAME type vlan id NUMBER.")]
    public ushort? VlanID { get; set; }

    /// <summary>The new hardware address, such as 00-15-5D-01-02-03.</summary>
    [Parameter]
    [Alias("LinkLayerAddress")]
    public string? MacAddress { get; set; }

    /// <summary>Does not switch the adapter off and on. It never is.</summary>
    [Parameter]
    public SwitchParameter NoRestart { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Descriptions of adapters; wildcards work.</summary>
    [Parameter(ParameterSetName = DescriptionSet, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ifDesc")]
    [ValidateNotNullOrEmpty]
    public string[]? InterfaceDescription { get; set; }

    /// <summary>Objects: adapters.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetAdapter[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetAdapter.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = NetworkState.Load(Client, Cancellation);
        HostAdapterChange change = new(Client, Warn, Cancellation);
        foreach (NetAdapter adapter in Selected(state))
        {
            if (ShouldProcess(adapter.Name, MyInvocation.MyCommand.Name))
            {
                Guarded(() =>
                {
                    if (MacAddress is not null)
                    {
                        change.SetMacAddress(adapter, MacAddress);
                    }

                    if (PassThru)
                    {
                        Write(NetworkState.Load(Client, Cancellation).Adapters.Where(now => now.InterfaceIndex == adapter.InterfaceIndex));
                    }
                });
            }
        }
    }

    private IReadOnlyList<NetAdapter> Selected(NetworkState state) => new CimQuery<NetAdapter>(CimClass)
        .Like("Name", ParameterSetName == NameSet ? Name : null, adapter => adapter.Names)
        .Like("InterfaceDescription", ParameterSetName == DescriptionSet ? InterfaceDescription : null, adapter => adapter.InterfaceDescription)
        .Is("InterfaceIndex", InputObject?.Select(adapter => adapter.InterfaceIndex), adapter => adapter.InterfaceIndex)
        .Run(state.Adapters.Where(adapter => IncludeHidden || InputObject is not null || !adapter.Hidden), WriteError);
}
