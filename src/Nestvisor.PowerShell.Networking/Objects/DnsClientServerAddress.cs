namespace Nestvisor.NetworkCommands;

/// <summary>The DNS servers of one family that an interface's settings name.</summary>
public sealed class DnsClientServerAddress : CimObject
{
    internal const string CimClass = "MSFT_DNSClientServerAddress";

    internal DnsClientServerAddress(NetAdapter adapter, AddressFamily family, IEnumerable<string> servers)
        : base(CimClass)
    {
        Adapter = adapter;
        AddressFamily = family;
        ServerAddresses = [.. servers.Where(server => Prefix.FamilyOf(server) == family)];
    }

    /// <summary>Number of the interface in the kernel.</summary>
    public uint InterfaceIndex => Adapter.InterfaceIndex;

    /// <summary>Name of the interface.</summary>
    public string InterfaceAlias => Adapter.Name;

    /// <summary>The same as <see cref="InterfaceAlias"/>.</summary>
    public string ElementName => InterfaceAlias;

    /// <summary>IPv4 or IPv6.</summary>
    public AddressFamily AddressFamily { get; }

    /// <summary>The servers' addresses in their order.</summary>
    public string[] ServerAddresses { get; }

    /// <summary>The same as <see cref="ServerAddresses"/>.</summary>
    public string[] Address => ServerAddresses;

    /// <summary>The interface.</summary>
    internal NetAdapter Adapter { get; }

    /// <inheritdoc/>
    public override string ToString() => InterfaceAlias;
}
