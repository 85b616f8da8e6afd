using Nestvisor.Api.Networks;

namespace Nestvisor.NetworkCommands;

/// <summary>An IP address of an interface.</summary>
public sealed class NetIPAddress : CimObject
{
    internal const string CimClass = "MSFT_NetIPAddress";

    private readonly InterfaceAddress _address;

    internal NetIPAddress(InterfaceAddress address, NetAdapter adapter)
        : base(CimClass)
    {
        _address = address;
        Adapter = adapter;
    }

    /// <summary>The address; of a link-local one with the interface's number, such as <c>fe80::1%4</c>.</summary>
    public string IPAddress => _address.IsLinkLocal ? $"{_address.Address}%{_address.InterfaceIndex}" : _address.Address;

    /// <summary>The same as <see cref="IPAddress"/>.</summary>
    public string LocalAddress => IPAddress;

    /// <summary>Number of the interface in the kernel.</summary>
    public uint InterfaceIndex => Adapter.InterfaceIndex;

    /// <summary>The same as <see cref="InterfaceIndex"/>.</summary>
    public uint ifIndex => InterfaceIndex;

    /// <summary>Name of the interface.</summary>
    public string InterfaceAlias => Adapter.Name;

    /// <summary>The same as <see cref="InterfaceAlias"/>.</summary>
    public string ifAlias => InterfaceAlias;

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily AddressFamily => Prefix.FamilyOf(_address.Address);

    /// <summary>Always of one host.</summary>
    public AddressType Type => AddressType.Unicast;

    /// <summary>Length of the prefix.</summary>
    public byte PrefixLength => (byte)_address.PrefixLength;

    /// <summary>Where the prefix comes from.</summary>
    public PrefixOrigin PrefixOrigin =>
        IsWellKnown || _address.IsLinkLocal ? PrefixOrigin.WellKnown
        : !_address.IsDynamic ? PrefixOrigin.Manual
        : AddressFamily == AddressFamily.IPv4 ? PrefixOrigin.Dhcp
        : PrefixOrigin.RouterAdvertisement;

    /// <summary>Where the rest comes from.</summary>
    public SuffixOrigin SuffixOrigin =>
        IsWellKnown ? SuffixOrigin.WellKnown
        : _address.IsLinkLocal ? SuffixOrigin.Link
        : !_address.IsDynamic ? SuffixOrigin.Manual
        : AddressFamily == AddressFamily.IPv4 ? SuffixOrigin.Dhcp
        : SuffixOrigin.Link;

    /// <summary>Whether it can be used.</summary>
    public AddressState AddressState =>
        _address.IsTentative ? AddressState.Tentative : _address.IsDeprecated ? AddressState.Deprecated : AddressState.Preferred;

    /// <summary>How long it is valid for; the longest span there is for ever.</summary>
    public TimeSpan ValidLifetime => Lifetime(_address.ValidSeconds);

    /// <summary>How long it may be used for new connections; the longest span there is for ever.</summary>
    public TimeSpan PreferredLifetime => Lifetime(_address.PreferredSeconds);

    /// <summary>False: the kernel has no such mark.</summary>
    public bool SkipAsSource => false;

    /// <summary>Always what is in use now.</summary>
    public string PolicyStore => "ActiveStore";

    /// <summary>The interface.</summary>
    internal NetAdapter Adapter { get; }

    /// <summary>The address without the interface's number.</summary>
    internal string Plain => _address.Address;

    private bool IsWellKnown => System.Net.IPAddress.IsLoopback(System.Net.IPAddress.Parse(_address.Address));

    /// <inheritdoc/>
    public override string ToString() => IPAddress;

    /// <summary>A span of time as Windows' objects have it.</summary>
    internal static TimeSpan Lifetime(long? seconds) => seconds is { } limited ? TimeSpan.FromSeconds(limited) : TimeSpan.MaxValue;
}
