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
public sealed class SetNetAdapter : AdapterCmdlet
{
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

    /// <inheritdoc/>
    private protected override void Change(HostAdapterChange change, NetAdapter adapter)
    {
        if (MacAddress is not null)
        {
            change.SetMacAddress(adapter, MacAddress);
        }
    }
}
