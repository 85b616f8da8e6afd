namespace Nestvisor.Api.HostAdapters;

/// <summary>A change of <see cref="IPSettings"/>. What is null stays as it is.</summary>
public sealed record ChangeIPSettings
{
    /// <summary>Whether packets for others that come in here are sent on.</summary>
    public bool? Forwarding { get; init; }

    /// <summary>Largest packet in bytes; 1280 at least for IPv6, 68 for IPv4. In the kernel IPv4's is that of the link, and IPv6's at most as much.</summary>
    public int? Mtu { get; init; }

    /// <summary>Milliseconds that a neighbour counts as reachable.</summary>
    public int? BaseReachableTime { get; init; }

    /// <summary>Milliseconds between questions for a neighbour's address.</summary>
    public int? RetransmitTime { get; init; }

    /// <summary>How often another owner of a new address is looked for; IPv6 only.</summary>
    public int? DadTransmits { get; init; }

    /// <summary>Whether routers' advertisements are listened to; IPv6 only.</summary>
    public bool? RouterDiscovery { get; init; }

    /// <summary>Whether advertised default routes are taken; IPv6 only.</summary>
    public bool? AcceptDefaultRoutes { get; init; }

    /// <summary>The hop limit of packets, 1 to 255; IPv6 only.</summary>
    public int? HopLimit { get; init; }
}
