namespace Nestvisor.Api.HostAdapters;

/// <summary>The kernel's settings of an interface for IPv4 or IPv6 (/proc/sys/net/ipv4 and ipv6).</summary>
public sealed record IPSettings
{
    /// <summary>Whether packets for others that come in here are sent on.</summary>
    public bool Forwarding { get; init; }

    /// <summary>Largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Milliseconds that a neighbour counts as reachable, before it is varied.</summary>
    public int BaseReachableTime { get; init; }

    /// <summary>Milliseconds between questions for a neighbour's address.</summary>
    public int RetransmitTime { get; init; }

    /// <summary>How often another owner of a new address is looked for; IPv6 only.</summary>
    public int? DadTransmits { get; init; }

    /// <summary>Whether routers' advertisements are listened to; IPv6 only.</summary>
    public bool? RouterDiscovery { get; init; }

    /// <summary>Whether advertised default routes are taken; IPv6 only.</summary>
    public bool? AcceptDefaultRoutes { get; init; }

    /// <summary>The hop limit of packets; IPv6 only.</summary>
    public int? HopLimit { get; init; }
}
