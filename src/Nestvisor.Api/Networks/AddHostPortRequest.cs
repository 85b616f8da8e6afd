namespace Nestvisor.Api.Networks;

/// <summary>What a further adapter of this host at a virtual switch is.</summary>
public sealed record AddHostPortRequest
{
    /// <summary>Name; null for "Network Adapter".</summary>
    public string? Name { get; init; }

    /// <summary>MAC address, 12 digits with or without separators; null for one that the service makes.</summary>
    public string? MacAddress { get; init; }
}
