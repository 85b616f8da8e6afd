namespace Nestvisor.Api.HostAdapters;

/// <summary>The DNS servers that a network interface's settings name.</summary>
public sealed record DnsServersInfo
{
    /// <summary>Number of the interface in the kernel.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>Who keeps them.</summary>
    public required DnsOwner Owner { get; init; }

    /// <summary>The servers' addresses, IPv4 and IPv6, in their order.</summary>
    public IReadOnlyList<string> Servers { get; set; } = [];
}
