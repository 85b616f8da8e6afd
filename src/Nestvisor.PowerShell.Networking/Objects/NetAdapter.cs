using System.Globalization;
using Nestvisor.Api.HostAdapters;
using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands;

/// <summary>A network interface, as Get-NetAdapter shows it.</summary>
public sealed class NetAdapter : CimObject
{
    internal const string CimClass = "MSFT_NetAdapter";

    private readonly InterfaceInfo _link;
    private readonly HostAdapterInfo? _adapter;

    internal NetAdapter(InterfaceInfo link, HostAdapterInfo? adapter, string description)
        : base(CimClass)
    {
        _link = link;
        _adapter = adapter;
        InterfaceDescription = description;
    }

    /// <summary>Name for people: that of the virtual switch's port, the one that Rename-NetAdapter gave, or the kernel's.</summary>
    public string Name => _link.IsHostPort || _adapter?.GivenName is not { Length: > 0 } given ? _link.Alias : given;

    /// <summary>The same as <see cref="Name"/>.</summary>
    public string InterfaceAlias => Name;

    /// <summary>The same as <see cref="Name"/>.</summary>
    public string ifAlias => Name;

    /// <summary>Number of the interface in the kernel.</summary>
    public uint InterfaceIndex => (uint)_link.Index;

    /// <summary>The same as <see cref="InterfaceIndex"/>.</summary>
    public uint ifIndex => InterfaceIndex;

    /// <summary>What it is.</summary>
    public string InterfaceDescription { get; }

    /// <summary>The same as <see cref="InterfaceDescription"/>.</summary>
    public string ifDesc => InterfaceDescription;

    /// <summary>The kernel's name of the interface, such as <c>eth0</c>.</summary>
    public string InterfaceName => _link.Name;

    /// <summary>The same as <see cref="InterfaceName"/>.</summary>
    public string ifName => _link.Name;

    /// <summary><c>Up</c>, <c>Disconnected</c> (it is on and has no link) or <c>Disabled</c>.</summary>
    public string Status => !_link.IsEnabled ? "Disabled" : _link.IsConnected ? "Up" : "Disconnected";

    /// <summary>Hardware address, such as <c>00-15-5D-01-02-03</c>; empty if it has none.</summary>
    public string MacAddress => _link.MacAddress.Replace(':', '-').ToUpperInvariant();

    /// <summary>The same as <see cref="MacAddress"/>.</summary>
    public string LinkLayerAddress => MacAddress;

    /// <summary>Bits a second, such as <c>10 Gbps</c>; empty if the kernel does not know.</summary>
    public string LinkSpeed => Text(_link.LinkSpeed);

    /// <summary>Bits a second; null if the kernel does not know.</summary>
    public ulong? Speed => (ulong?)_link.LinkSpeed;

    /// <summary>The same as <see cref="Speed"/>.</summary>
    public ulong? TransmitLinkSpeed => Speed;

    /// <summary>The same as <see cref="Speed"/>.</summary>
    public ulong? ReceiveLinkSpeed => Speed;

    /// <summary>The medium: <c>802.3</c> for Ethernet, <c>Native 802.11</c> for wireless, empty without either.</summary>
    public string MediaType => _link.IsWireless ? "Native 802.11" : _link.MacAddress.Length > 0 && !_link.IsLoopback ? "802.3" : "";

    /// <summary>The medium of the hardware; <c>Unspecified</c> without hardware.</summary>
    public string PhysicalMediaType => Virtual ? "Unspecified" : MediaType;

    /// <summary><c>Connected</c> or <c>Disconnected</c>.</summary>
    public string MediaConnectionState => _link.IsConnected ? "Connected" : "Disconnected";

    /// <summary><c>Up</c> if it is switched on, else <c>Down</c>.</summary>
    public string AdminStatus => _link.IsEnabled ? "Up" : "Down";

    /// <summary><c>Up</c> if it is switched on and has a link, else <c>Down</c>.</summary>
    public string ifOperStatus => _link.IsConnected ? "Up" : "Down";

    /// <summary>Largest packet in bytes.</summary>
    public uint MtuSize => (uint)_link.Mtu;

    /// <summary>The same as <see cref="MtuSize"/>.</summary>
    public uint ActiveMaximumTransmissionUnit => MtuSize;

    /// <summary>Whether there is no hardware behind it.</summary>
    public bool Virtual => _adapter?.Driver is null;

    /// <summary>Whether there is hardware behind it.</summary>
    public bool HardwareInterface => !Virtual;

    /// <summary>Whether it is hardware that a cable or an antenna connects.</summary>
    public bool ConnectorPresent => !Virtual;

    /// <summary>Whether Get-NetAdapter shows it only with -IncludeHidden: the loopback, and the host's ends of virtual machines' adapters.</summary>
    public bool Hidden => _link.IsLoopback || _link.AdapterId is not null || _link.IsPartOfHostPort;

    /// <summary>Name of the driver; empty without hardware.</summary>
    public string DriverName => _adapter?.Driver ?? "";

    /// <summary>Whether frames with any address are taken in.</summary>
    public bool PromiscuousMode => _adapter?.IsPromiscuous ?? false;

    /// <summary>This host's name.</summary>
    public string SystemName => Environment.MachineName;

    /// <summary>Whether it is the host's port on a virtual switch, whose addresses and routes Nestvisor keeps.</summary>
    internal bool IsHostPort => _link.IsHostPort;

    /// <summary>Whether it leads from a user's own network namespace to the host's network.</summary>
    internal bool IsWayOut => _link.IsWayOut;

    /// <summary>The names that it answers to.</summary>
    internal string[] Names => [Name, InterfaceName];

    /// <summary>Its settings for IPv4; null if it does not speak it.</summary>
    internal IPSettings? IPv4 => _adapter?.IPv4;

    /// <summary>Its settings for IPv6; null if it does not speak it.</summary>
    internal IPSettings? IPv6 => _adapter?.IPv6;

    /// <summary>Whether it is switched on and has a link.</summary>
    internal bool IsConnected => _link.IsConnected;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Text(long? speed) => speed switch
    {
        null => "",
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{speed / 1e9:0.#} Gbps"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{speed / 1e6:0.#} Mbps"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{speed / 1e3:0.#} Kbps"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{speed} bps"),
    };
}
