namespace Nestvisor.Management.Networks;

/// <summary>A route over the host's port on a switch.</summary>
internal sealed record HostPortRoute
{
    /// <summary>Where it leads.</summary>
    public required string Destination { get; init; }

    /// <summary>Next hop; null if the destination is on the link.</summary>
    public string? NextHop { get; init; }

    /// <summary>Routes with a smaller one come first; 0 for the kernel's choice.</summary>
    public int Metric { get; init; }
}
