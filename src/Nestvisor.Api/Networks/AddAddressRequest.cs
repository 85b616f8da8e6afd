namespace Nestvisor.Api.Networks;

/// <summary>An address for the host's port on a virtual switch; it is kept.</summary>
public sealed record AddAddressRequest
{
    /// <summary>The address, IPv4 or IPv6.</summary>
    public required string Address { get; init; }

    /// <summary>Length of its prefix, 1 to 32 or 1 to 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>Next hop of a default route over the interface; null for none.</summary>
    public string? DefaultGateway { get; init; }
}
