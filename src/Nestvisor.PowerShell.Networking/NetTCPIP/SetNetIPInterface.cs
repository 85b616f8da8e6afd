using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.Api.Errors;
using Nestvisor.Api.HostAdapters;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Set-NetIPInterface: changes what network interfaces do with IPv4 and IPv6.</summary>
/// <remarks>
/// The settings are the kernel's and last until the host is started anew. Of adapters that are not Nestvisor's it changes only those that are named.
/// </remarks>
/// <example>
/// Lets the host send packets on.
/// <code>Set-NetIPInterface "vEthernet (VmNAT)" -AddressFamily IPv4 -Forwarding Enabled</code>
/// </example>
[Cmdlet(VerbsCommon.Set, "NetIPInterface", DefaultParameterSetName = NameSet, SupportsShouldProcess = true)]
public sealed class SetNetIPInterface : CimCmdlet
{
    private const string NameSet = "ByName";
    private const string ObjectSet = "InputObject (cdxml)";

    /// <summary>Numbers of interfaces.</summary>
    [Parameter(ParameterSetName = NameSet, ValueFromPipelineByPropertyName = true)]
    [Alias("ifIndex")]
    public uint[]? InterfaceIndex { get; set; }

    /// <summary>Names of interfaces; wildcards work. The kernel's names are found too.</summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ifAlias")]
    public string[]? InterfaceAlias { get; set; }

    /// <summary>IPv4 or IPv6.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public AddressFamily[]? AddressFamily { get; set; }

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? ReachableTime { get; set; }

    /// <summary>Whether neighbours are looked for.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NeighborDiscoverySupported[]? NeighborDiscoverySupported { get; set; }

    /// <summary>The compartment. There is one, 1.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? CompartmentId { get; set; }

    /// <summary>ActiveStore for what is in use, PersistentStore for what Nestvisor sets again when the host has been started anew.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public string? PolicyStore { get; set; }

    /// <summary>Looks at all compartments. There is one.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <summary>Whether packets for others are sent on.</summary>
    [Parameter]
    public NetworkSwitch? Forwarding { get; set; }

    /// <summary>Whether TCP segments are clamped. It is a rule of the packet filter: Disabled.</summary>
    [Parameter]
    [Unsupported("it is a rule of the packet filter.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? ClampMss { get; set; }

    /// <summary>Whether routers are advertised. Daemons of their own do it: Disabled.</summary>
    [Parameter]
    [Unsupported("routers are advertised by daemons such as radvd.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? Advertising { get; set; }

    /// <summary>Largest packet in bytes.</summary>
    [Parameter]
    public uint? NlMtuBytes { get; set; }

    /// <summary>The interface's part of the metric. There is none: 0.</summary>
    [Parameter]
    [Unsupported("interfaces of Linux have no metric. Use New-NetRoute -RouteMetric.", Except = 0)]
    public uint? InterfaceMetric { get; set; }

    /// <summary>Whether it is looked whether neighbours answer. The kernel always does: Enabled.</summary>
    [Parameter]
    [Unsupported("Linux always does it.", Except = NetworkSwitch.Enabled)]
    public NetworkSwitch? NeighborUnreachabilityDetection { get; set; }

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    [Parameter]
    [Alias("BaseReachableTime")]
    public uint? BaseReachableTimeMs { get; set; }

    /// <summary>Milliseconds between questions for a neighbour's address.</summary>
    [Parameter]
    [Alias("RetransmitTime")]
    public uint? RetransmitTimeMs { get; set; }

    /// <summary>How often another owner of a new IPv6 address is looked for.</summary>
    [Parameter]
    public uint? DadTransmits { get; set; }

    /// <summary>Not supported: milliseconds between two such looks.</summary>
    [Parameter]
    [Alias("DadRetransmitTime")]
    [Unsupported("it is the time between questions for an address. Use -RetransmitTimeMs.")]
    public uint? DadRetransmitTimeMs { get; set; }

    /// <summary>Whether routers' advertisements are listened to.</summary>
    [Parameter]
    public RouterDiscovery? RouterDiscovery { get; set; }

    /// <summary>Whether addresses come from DHCPv6. A daemon's: Disabled.</summary>
    [Parameter]
    [Unsupported("DHCPv6 is a daemon's.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? ManagedAddressConfiguration { get; set; }

    /// <summary>Whether other settings come from DHCPv6. A daemon's: Disabled.</summary>
    [Parameter]
    [Unsupported("DHCPv6 is a daemon's.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? OtherStatefulConfiguration { get; set; }

    /// <summary>Whether packets with any address of the host are sent. Linux does: Enabled.</summary>
    [Parameter]
    [Unsupported("Linux always does it.", Except = NetworkSwitch.Enabled)]
    public NetworkSwitch? WeakHostSend { get; set; }

    /// <summary>Whether packets for any address of the host are taken. Linux does: Enabled.</summary>
    [Parameter]
    [Unsupported("Linux always does it.", Except = NetworkSwitch.Enabled)]
    public NetworkSwitch? WeakHostReceive { get; set; }

    /// <summary>Whether advertised default routes are left aside.</summary>
    [Parameter]
    public NetworkSwitch? IgnoreDefaultRoutes { get; set; }

    /// <summary>Not supported: how long an advertised router is valid for.</summary>
    [Parameter]
    [Unsupported("routers are advertised by daemons such as radvd.")]
    public TimeSpan? AdvertisedRouterLifetime { get; set; }

    /// <summary>Whether a default route is advertised. None is: Disabled.</summary>
    [Parameter]
    [Unsupported("routers are advertised by daemons such as radvd.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? AdvertiseDefaultRoute { get; set; }

    /// <summary>The hop limit of IPv6 packets.</summary>
    [Parameter]
    public uint? CurrentHopLimit { get; set; }

    /// <summary>Whether the adapter wakes the host for neighbours. There are no such patterns: Disabled.</summary>
    [Parameter]
    [Unsupported("there are no such patterns.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? ForceArpNdWolPattern { get; set; }

    /// <summary>Whether the adapter wakes the host for its address. There are no such patterns: Disabled.</summary>
    [Parameter]
    [Unsupported("there are no such patterns.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? DirectedMacWolPattern { get; set; }

    /// <summary>How packets are marked for congestion: AppDecide.</summary>
    [Parameter]
    [Unsupported("it is a setting of TCP (net.ipv4.tcp_ecn) and of sockets.", Except = NetworkCommands.EcnMarking.AppDecide)]
    public EcnMarking? EcnMarking { get; set; }

    /// <summary>As it is: DHCP clients are programs of their own.</summary>
    [Parameter]
    public NetworkSwitch? Dhcp { get; set; }

    /// <summary>Whether the metric is chosen by speed. There is none: Disabled.</summary>
    [Parameter]
    [Unsupported("interfaces of Linux have no metric. Use New-NetRoute -RouteMetric.", Except = NetworkSwitch.Disabled)]
    public NetworkSwitch? AutomaticMetric { get; set; }

    /// <summary>Writes the object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Objects: interfaces.</summary>
    [Parameter(ParameterSetName = ObjectSet, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public NetIPInterface[]? InputObject { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetIPInterface.CimClass;

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        HostAdapterChange change = new(Client, Warn, Cancellation);
        bool named = InputObject is not null || InterfaceAlias is not null || InterfaceIndex is not null;
        foreach (NetIPInterface item in StoreRules.OwnUnlessNamed(Selected(state), item => item.Adapter, named, WriteWarning))
        {
            if (ShouldProcess($"{item.InterfaceAlias} {item.AddressFamily}", MyInvocation.MyCommand.Name))
            {
                Guarded(() => Change(change, item));
            }
        }
    }

    private IReadOnlyList<NetIPInterface> Selected(NetworkState state) => InputObject ?? new CimQuery<NetIPInterface>(CimClass)
        .Is("InterfaceIndex", InterfaceIndex, item => item.InterfaceIndex)
        .Like("InterfaceAlias", InterfaceAlias, item => item.Adapter.Names)
        .Is("AddressFamily", AddressFamily, item => item.AddressFamily)
        .Is("ReachableTime", ReachableTime, item => item.ReachableTime)
        .Is("NeighborDiscoverySupported", NeighborDiscoverySupported, item => item.NeighborDiscoverySupported)
        .Is("CompartmentId", CompartmentId, item => item.CompartmentId)
        .Run(state.Interfaces(PolicyStore), WriteError);

    private void Change(HostAdapterChange change, NetIPInterface item)
    {
        if (Dhcp is { } dhcp && dhcp != item.Dhcp)
        {
            throw ApiException.NotSupported($"Set-NetIPInterface -Dhcp {dhcp} is not supported: DHCP clients are programs of their own, and that of '{item.InterfaceAlias}' is not Nestvisor's.");
        }

        if (NlMtuBytes is { } mtu)
        {
            change.SetMtu(item.Adapter, item.AddressFamily, (int)Math.Min(mtu, int.MaxValue));
        }

        ChangeIPSettings settings = new()
        {
            Forwarding = Forwarding is { } forwarding ? forwarding == NetworkSwitch.Enabled : null,
            BaseReachableTime = Number(BaseReachableTimeMs),
            RetransmitTime = Number(RetransmitTimeMs),
            DadTransmits = Number(DadTransmits),
            RouterDiscovery = RouterDiscovery is { } discovery ? Listens(discovery) : null,
            AcceptDefaultRoutes = IgnoreDefaultRoutes is { } ignored ? ignored == NetworkSwitch.Disabled : null,
            HopLimit = Number(CurrentHopLimit),
        };
        if (settings != new ChangeIPSettings())
        {
            change.Change(item.Adapter, item.AddressFamily == NetworkCommands.AddressFamily.IPv4 ? new() { IPv4 = settings } : new() { IPv6 = settings });
        }

        if (PassThru)
        {
            Write(LoadState().Interfaces().Where(now => now.InterfaceIndex == item.InterfaceIndex && now.AddressFamily == item.AddressFamily));
        }
    }

    private static int? Number(uint? value) => value is { } number ? (int)Math.Min(number, int.MaxValue) : null;

    private static bool Listens(RouterDiscovery discovery) => discovery == NetworkCommands.RouterDiscovery.ControlledByDHCP
        ? throw ApiException.NotSupported("Set-NetIPInterface -RouterDiscovery ControlledByDHCP is not supported: Linux does not let DHCP say it. Use Enabled or Disabled.")
        : discovery == NetworkCommands.RouterDiscovery.Enabled;
}
