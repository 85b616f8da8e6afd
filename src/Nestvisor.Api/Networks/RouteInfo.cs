namespace Nestvisor.Api.Networks;

/// <summary>A route of this host's main table.</summary>
public sealed record RouteInfo
{
    /// <summary>Where it leads, such as <c>10.0.0.0/8</c>, <c>0.0.0.0/0</c> or <c>::/0</c>.</summary>
    public required string DestinationPrefix { get; init; }

    /// <summary>Address of the next hop; <c>0.0.0.0</c> or <c>::</c> if the destination is on the link.</summary>
    public required string NextHop { get; init; }

    /// <summary>Number of the interface in the kernel.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>Routes with a smaller one come first.</summary>
    public int Metric { get; init; }

    /// <summary>Who made it, as ip(8) says it: <c>kernel</c>, <c>boot</c>, <c>static</c>, <c>dhcp</c>, <c>ra</c>.</summary>
    public string Protocol { get; set; } = "boot";

    /// <summary>Whether Nestvisor sets it again when the host has been started anew.</summary>
    public bool IsPersistent { get; init; }
}
