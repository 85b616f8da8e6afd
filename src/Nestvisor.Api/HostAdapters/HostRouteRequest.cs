namespace Nestvisor.Api.HostAdapters;

/// <summary>A route over a network interface that is not Nestvisor's own, to add or to remove. It is not kept.</summary>
public sealed record HostRouteRequest
{
    /// <summary>Number of the interface in the kernel.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>Where it leads, such as <c>10.0.0.0/8</c>.</summary>
    public required string DestinationPrefix { get; init; }

    /// <summary>Address of the next hop; <c>0.0.0.0</c> or <c>::</c> if the destination is on the link.</summary>
    public required string NextHop { get; init; }

    /// <summary>Routes with a smaller one come first; null for any when it is removed, and for one after all others when it is added.</summary>
    public int? Metric { get; init; }

    /// <summary>Seconds that an added IPv6 route is valid for; null for ever.</summary>
    public long? ValidSeconds { get; init; }
}
