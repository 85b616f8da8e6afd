using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands;

/// <summary>A route of the main table.</summary>
public sealed class NetRoute : CimObject
{
    internal const string CimClass = "MSFT_NetRoute";

    private readonly RouteInfo _route;

    internal NetRoute(RouteInfo route, NetAdapter adapter)
        : base(CimClass)
    {
        _route = route;
        Adapter = adapter;
    }

    /// <summary>Where it leads.</summary>
    public string DestinationPrefix => _route.DestinationPrefix;

    /// <summary>Address of the next hop; 0.0.0.0 or :: if the destination is on the link.</summary>
    public string NextHop => _route.NextHop;

    /// <summary>Number of the interface in the kernel.</summary>
    public uint InterfaceIndex => Adapter.InterfaceIndex;

    /// <summary>The same as <see cref="InterfaceIndex"/>.</summary>
    public uint ifIndex => InterfaceIndex;

    /// <summary>Name of the interface.</summary>
    public string InterfaceAlias => Adapter.Name;

    /// <summary>The same as <see cref="InterfaceAlias"/>.</summary>
    public string ifAlias => InterfaceAlias;

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily AddressFamily => Prefix.FamilyOf(_route.DestinationPrefix);

    /// <summary>The route's own part of its metric: all of it, since interfaces of Linux have none.</summary>
    public uint RouteMetric => (uint)_route.Metric;

    /// <summary>The interface's part of the metric: 0.</summary>
    public uint InterfaceMetric => 0;

    /// <summary>The same as <see cref="InterfaceMetric"/>.</summary>
    public uint ifMetric => InterfaceMetric;

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol => _route.Protocol switch
    {
        "kernel" => RouteProtocol.Local,
        "boot" or "static" => RouteProtocol.NetMgmt,
        "redirect" or "ra" => RouteProtocol.Icmp,
        "dhcp" => RouteProtocol.Dhcp,
        "rip" => RouteProtocol.Rip,
        "isis" => RouteProtocol.IsIs,
        "ospf" => RouteProtocol.Ospf,
        "bgp" => RouteProtocol.Bgp,
        "eigrp" => RouteProtocol.Eigrp,
        _ => RouteProtocol.Other,
    };

    /// <summary>No: routes are not advertised.</summary>
    public Publish Publish => Publish.No;

    /// <summary>Whether it can be used.</summary>
    public RouteState State => Adapter.IsConnected ? RouteState.Alive : RouteState.Unreachable;

    /// <summary>1: there is one compartment.</summary>
    public uint CompartmentId => 1;

    /// <summary>How long it is valid for: for ever.</summary>
    public TimeSpan ValidLifetime => TimeSpan.MaxValue;

    /// <summary>How long it is preferred for: for ever.</summary>
    public TimeSpan PreferredLifetime => TimeSpan.MaxValue;

    /// <summary>Always what is in use now.</summary>
    public string PolicyStore => "ActiveStore";

    /// <summary>The interface.</summary>
    internal NetAdapter Adapter { get; }

    /// <summary>The route as the service knows it.</summary>
    internal RouteInfo Info => _route;

    /// <inheritdoc/>
    public override string ToString() => DestinationPrefix;
}
