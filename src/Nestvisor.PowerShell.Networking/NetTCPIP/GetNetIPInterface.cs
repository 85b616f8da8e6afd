using System.Management.Automation;
using Microsoft.HyperV.PowerShell.Commands;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Get-NetIPInterface: shows what network interfaces do with IPv4 and IPv6.</summary>
/// <remarks>
/// The settings are the kernel's, in /proc/sys/net/ipv4 and /proc/sys/net/ipv6.
/// </remarks>
/// <example>
/// Of one interface.
/// <code>Get-NetIPInterface "vEthernet (VmNAT)"</code>
/// </example>
[Cmdlet(VerbsCommon.Get, "NetIPInterface", DefaultParameterSetName = NameSet)]
[OutputType(typeof(NetIPInterface))]
public sealed class GetNetIPInterface : CimCmdlet
{
    private const string NameSet = "ByName";
    private const string RouteSet = "ByRoute";
    private const string AddressSet = "ByIPAddress";
    private const string NeighborSet = "ByNeighbor";
    private const string AdapterSet = "ByAdapter";

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

    /// <summary>Whether packets for others are sent on.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? Forwarding { get; set; }

    /// <summary>Whether TCP segments are clamped. It is a rule of the packet filter: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? ClampMss { get; set; }

    /// <summary>Whether routers are advertised. Daemons of their own do it: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? Advertising { get; set; }

    /// <summary>Largest packet in bytes.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? NlMtuBytes { get; set; }

    /// <summary>The interface's part of the metric. There is none: 0.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? InterfaceMetric { get; set; }

    /// <summary>Whether it is looked whether neighbours answer. The kernel always does: Enabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? NeighborUnreachabilityDetection { get; set; }

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("BaseReachableTime")]
    public uint[]? BaseReachableTimeMs { get; set; }

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("ReachableTime")]
    public uint[]? ReachableTimeMs { get; set; }

    /// <summary>Milliseconds between questions for a neighbour's address.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("RetransmitTime")]
    public uint[]? RetransmitTimeMs { get; set; }

    /// <summary>How often another owner of a new IPv6 address is looked for.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? DadTransmits { get; set; }

    /// <summary>Milliseconds between two such looks.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Alias("DadRetransmitTime")]
    public uint[]? DadRetransmitTimeMs { get; set; }

    /// <summary>Whether routers' advertisements are listened to.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public RouterDiscovery[]? RouterDiscovery { get; set; }

    /// <summary>Whether addresses come from DHCPv6. A daemon's: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? ManagedAddressConfiguration { get; set; }

    /// <summary>Whether other settings come from DHCPv6. A daemon's: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? OtherStatefulConfiguration { get; set; }

    /// <summary>Whether packets with any address of the host are sent. Linux does: Enabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? WeakHostSend { get; set; }

    /// <summary>Whether packets for any address of the host are taken. Linux does: Enabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? WeakHostReceive { get; set; }

    /// <summary>Whether advertised default routes are left aside.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? IgnoreDefaultRoutes { get; set; }

    /// <summary>How long an advertised router is valid for. None is.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public TimeSpan[]? AdvertisedRouterLifetime { get; set; }

    /// <summary>Whether a default route is advertised. None is: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? AdvertiseDefaultRoute { get; set; }

    /// <summary>The hop limit of IPv6 packets.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public uint[]? CurrentHopLimit { get; set; }

    /// <summary>Whether the adapter wakes the host for neighbours. There are no such patterns: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? ForceArpNdWolPattern { get; set; }

    /// <summary>Whether the adapter wakes the host for its address. There are no such patterns: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? DirectedMacWolPattern { get; set; }

    /// <summary>How packets are marked for congestion: AppDecide.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public EcnMarking[]? EcnMarking { get; set; }

    /// <summary>Whether addresses come from DHCP.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? Dhcp { get; set; }

    /// <summary>Whether it has a link.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public ConnectionState[]? ConnectionState { get; set; }

    /// <summary>Whether the metric is chosen by speed. There is none: Disabled.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public NetworkSwitch[]? AutomaticMetric { get; set; }

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
    [Parameter]
    public SwitchParameter IncludeAllCompartments { get; set; }

    /// <summary>An object of Get-NetRoute.</summary>
    [Parameter(ParameterSetName = RouteSet, ValueFromPipeline = true)]
    public NetRoute? AssociatedRoute { get; set; }

    /// <summary>An object of Get-NetIPAddress.</summary>
    [Parameter(ParameterSetName = AddressSet, ValueFromPipeline = true)]
    public NetIPAddress? AssociatedIPAddress { get; set; }

    /// <summary>Not supported: a neighbour.</summary>
    [Parameter(ParameterSetName = NeighborSet, ValueFromPipeline = true)]
    [Unsupported("there is no Get-NetNeighbor. Use -InterfaceIndex.")]
    public object? AssociatedNeighbor { get; set; }

    /// <summary>An object of Get-NetAdapter.</summary>
    [Parameter(ParameterSetName = AdapterSet, ValueFromPipeline = true)]
    public NetAdapter? AssociatedAdapter { get; set; }

    /// <inheritdoc/>
    private protected override string CimClass => NetIPInterface.CimClass;

    /// <inheritdoc/>
    private protected override void Process() => Write(new CimQuery<NetIPInterface>(CimClass)
        .Is("InterfaceIndex", InterfaceIndex, item => item.InterfaceIndex)
        .Like("InterfaceAlias", InterfaceAlias, item => item.Adapter.Names)
        .Is("AddressFamily", AddressFamily, item => item.AddressFamily)
        .Is("Forwarding", Forwarding, item => item.Forwarding)
        .Is("ClampMss", ClampMss, item => item.ClampMss)
        .Is("Advertising", Advertising, item => item.Advertising)
        .Is("NlMtuBytes", NlMtuBytes, item => item.NlMtuBytes)
        .Is("InterfaceMetric", InterfaceMetric, item => item.InterfaceMetric)
        .Is("NeighborUnreachabilityDetection", NeighborUnreachabilityDetection, item => item.NeighborUnreachabilityDetection)
        .Is("BaseReachableTimeMs", BaseReachableTimeMs, item => item.BaseReachableTimeMs)
        .Is("ReachableTimeMs", ReachableTimeMs, item => item.ReachableTimeMs)
        .Is("RetransmitTimeMs", RetransmitTimeMs, item => item.RetransmitTimeMs)
        .Is("DadTransmits", DadTransmits, item => item.DadTransmits)
        .Is("DadRetransmitTimeMs", DadRetransmitTimeMs, item => item.DadRetransmitTimeMs)
        .Is("RouterDiscovery", RouterDiscovery, item => item.RouterDiscovery)
        .Is("ManagedAddressConfiguration", ManagedAddressConfiguration, item => item.ManagedAddressConfiguration)
        .Is("OtherStatefulConfiguration", OtherStatefulConfiguration, item => item.OtherStatefulConfiguration)
        .Is("WeakHostSend", WeakHostSend, item => item.WeakHostSend)
        .Is("WeakHostReceive", WeakHostReceive, item => item.WeakHostReceive)
        .Is("IgnoreDefaultRoutes", IgnoreDefaultRoutes, item => item.IgnoreDefaultRoutes)
        .Is("AdvertisedRouterLifetime", AdvertisedRouterLifetime, item => item.AdvertisedRouterLifetime)
        .Is("AdvertiseDefaultRoute", AdvertiseDefaultRoute, item => item.AdvertiseDefaultRoute)
        .Is("CurrentHopLimit", CurrentHopLimit, item => item.CurrentHopLimit)
        .Is("ForceArpNdWolPattern", ForceArpNdWolPattern, item => item.ForceArpNdWolPattern)
        .Is("DirectedMacWolPattern", DirectedMacWolPattern, item => item.DirectedMacWolPattern)
        .Is("EcnMarking", EcnMarking, item => item.EcnMarking)
        .Is("Dhcp", Dhcp, item => item.Dhcp)
        .Is("ConnectionState", ConnectionState, item => item.ConnectionState)
        .Is("AutomaticMetric", AutomaticMetric, item => item.AutomaticMetric)
        .Is("NeighborDiscoverySupported", NeighborDiscoverySupported, item => item.NeighborDiscoverySupported)
        .Is("CompartmentId", CompartmentId, item => item.CompartmentId)
        .Run(LoadState().Interfaces(PolicyStore).Where(Belongs), WriteError));

    private bool Belongs(NetIPInterface item) =>
        (AssociatedAdapter is null || AssociatedAdapter.InterfaceIndex == item.InterfaceIndex)
        && (AssociatedRoute is null || (AssociatedRoute.InterfaceIndex == item.InterfaceIndex && AssociatedRoute.AddressFamily == item.AddressFamily))
        && (AssociatedIPAddress is null || (AssociatedIPAddress.InterfaceIndex == item.InterfaceIndex && AssociatedIPAddress.AddressFamily == item.AddressFamily));
}
