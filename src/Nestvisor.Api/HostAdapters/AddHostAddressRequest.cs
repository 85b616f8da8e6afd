namespace Nestvisor.Api.HostAdapters;

/// <summary>An address for a network interface that is not Nestvisor's own. It is not kept.</summary>
public sealed record AddHostAddressRequest
{
    /// <summary>The address, IPv4 or IPv6.</summary>
    public required string Address { get; init; }

    /// <summary>Length of its prefix, 1 to 32 or 1 to 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>Next hop of a default route over the interface; null for none.</summary>
    public string? DefaultGateway { get; init; }

    /// <summary>Seconds that it is valid for; null for ever.</summary>
    public long? ValidSeconds { get; init; }

    /// <summary>Seconds that it is preferred for; null for as long as it is valid.</summary>
    public long? PreferredSeconds { get; init; }
}
