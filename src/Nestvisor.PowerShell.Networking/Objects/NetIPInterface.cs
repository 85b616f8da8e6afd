using Nestvisor.Api.HostAdapters;

namespace Nestvisor.NetworkCommands;

/// <summary>What an interface does with IPv4 or with IPv6.</summary>
public sealed class NetIPInterface : CimObject
{
    internal const string CimClass = "MSFT_NetIPInterface";

    private readonly IPSettings _settings;

    internal NetIPInterface(NetAdapter adapter, AddressFamily family, IPSettings settings, bool hasDynamicAddress)
        : base(CimClass)
    {
        Adapter = adapter;
        AddressFamily = family;
        _settings = settings;
        Dhcp = hasDynamicAddress && family == AddressFamily.IPv4 ? NetworkSwitch.Enabled : NetworkSwitch.Disabled;
    }

    /// <summary>Number of the interface in the kernel.</summary>
    public uint InterfaceIndex => Adapter.InterfaceIndex;

    /// <summary>The same as <see cref="InterfaceIndex"/>.</summary>
    public uint ifIndex => InterfaceIndex;

    /// <summary>Name of the interface.</summary>
    public string InterfaceAlias => Adapter.Name;

    /// <summary>The same as <see cref="InterfaceAlias"/>.</summary>
    public string ifAlias => InterfaceAlias;

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily AddressFamily { get; }

    /// <summary>Whether packets for others that come in here are sent on.</summary>
    public NetworkSwitch Forwarding => Of(_settings.Forwarding);

    /// <summary>Disabled: routers are advertised by daemons of their own.</summary>
    public NetworkSwitch Advertising => NetworkSwitch.Disabled;

    /// <summary>Disabled: what clamps segments is a rule of the packet filter.</summary>
    public NetworkSwitch ClampMss => NetworkSwitch.Disabled;

    /// <summary>Largest packet in bytes.</summary>
    public uint NlMtu => (uint)_settings.Mtu;

    /// <summary>The same as <see cref="NlMtu"/>.</summary>
    public uint NlMtuBytes => NlMtu;

    /// <summary>0: metrics belong to routes.</summary>
    public uint InterfaceMetric => 0;

    /// <summary>Disabled: metrics belong to routes.</summary>
    public NetworkSwitch AutomaticMetric => NetworkSwitch.Disabled;

    /// <summary>Enabled: the kernel always looks whether neighbours answer.</summary>
    public NetworkSwitch NeighborUnreachabilityDetection => NetworkSwitch.Enabled;

    /// <summary>Yes: neighbours are looked for by ARP or by neighbour discovery.</summary>
    public NeighborDiscoverySupported NeighborDiscoverySupported => NeighborDiscoverySupported.Yes;

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    public uint BaseReachableTime => (uint)_settings.BaseReachableTime;

    /// <summary>The same as <see cref="BaseReachableTime"/>.</summary>
    public uint BaseReachableTimeMs => BaseReachableTime;

    /// <summary>The same as <see cref="BaseReachableTime"/>: the kernel does not show what it made of it.</summary>
    public uint ReachableTime => BaseReachableTime;

    /// <summary>The same as <see cref="ReachableTime"/>.</summary>
    public uint ReachableTimeMs => BaseReachableTime;

    /// <summary>Milliseconds between questions for a neighbour's address.</summary>
    public uint RetransmitTime => (uint)_settings.RetransmitTime;

    /// <summary>The same as <see cref="RetransmitTime"/>.</summary>
    public uint RetransmitTimeMs => RetransmitTime;

    /// <summary>How often another owner of a new address is looked for: 0 with IPv4, of which Linux does not do it.</summary>
    public uint DadTransmits => (uint)(_settings.DadTransmits ?? 0);

    /// <summary>Milliseconds between two such looks: the time between questions for an address.</summary>
    public uint DadRetransmitTime => RetransmitTime;

    /// <summary>The same as <see cref="DadRetransmitTime"/>.</summary>
    public uint DadRetransmitTimeMs => RetransmitTime;

    /// <summary>Whether routers' advertisements are listened to; with IPv4 there are none.</summary>
    public RouterDiscovery RouterDiscovery => _settings.RouterDiscovery is true ? RouterDiscovery.Enabled : RouterDiscovery.Disabled;

    /// <summary>Disabled: DHCPv6 is a daemon's.</summary>
    public NetworkSwitch ManagedAddressConfiguration => NetworkSwitch.Disabled;

    /// <summary>Disabled: DHCPv6 is a daemon's.</summary>
    public NetworkSwitch OtherStatefulConfiguration => NetworkSwitch.Disabled;

    /// <summary>Enabled: Linux sends packets with any of its addresses from any interface.</summary>
    public NetworkSwitch WeakHostSend => NetworkSwitch.Enabled;

    /// <summary>Enabled: Linux takes packets for any of its addresses at any interface.</summary>
    public NetworkSwitch WeakHostReceive => NetworkSwitch.Enabled;

    /// <summary>Whether advertised default routes are left aside.</summary>
    public NetworkSwitch IgnoreDefaultRoutes => Of(_settings.AcceptDefaultRoutes is false);

    /// <summary>Zero: nothing is advertised.</summary>
    public TimeSpan AdvertisedRouterLifetime => TimeSpan.Zero;

    /// <summary>Disabled: nothing is advertised.</summary>
    public NetworkSwitch AdvertiseDefaultRoute => NetworkSwitch.Disabled;

    /// <summary>Hop limit of packets; 0 with IPv4, for which it is one value for all interfaces.</summary>
    public uint CurrentHopLimit => (uint)(_settings.HopLimit ?? 0);

    /// <summary>Disabled: there are no such patterns.</summary>
    public NetworkSwitch ForceArpNdWolPattern => NetworkSwitch.Disabled;

    /// <summary>Disabled: there are no such patterns.</summary>
    public NetworkSwitch DirectedMacWolPattern => NetworkSwitch.Disabled;

    /// <summary>As the program says: it is a setting of TCP and of sockets.</summary>
    public EcnMarking EcnMarking => EcnMarking.AppDecide;

    /// <summary>Enabled if the interface has an IPv4 address for a time only.</summary>
    public NetworkSwitch Dhcp { get; }

    /// <summary>Whether it has a link.</summary>
    public ConnectionState ConnectionState => Adapter.IsConnected ? ConnectionState.Connected : ConnectionState.Disconnected;

    /// <summary>1: there is one compartment.</summary>
    public uint CompartmentId => 1;

    /// <summary>Always what is in use now.</summary>
    public string PolicyStore => "ActiveStore";

    /// <summary>The interface.</summary>
    internal NetAdapter Adapter { get; }

    /// <inheritdoc/>
    public override string ToString() => InterfaceAlias;

    private static NetworkSwitch Of(bool on) => on ? NetworkSwitch.Enabled : NetworkSwitch.Disabled;
}
