namespace Nestvisor.Api.Networks;

/// <summary>A change of an adapter of this host at a virtual switch: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeHostPortRequest
{
    /// <summary>New name.</summary>
    public string? Name { get; init; }

    /// <summary>New MAC address, 12 digits with or without separators.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Whether it gets the MAC address again that the service makes.</summary>
    public bool UseDynamicMacAddress { get; init; }

    /// <summary>What its port lets through.</summary>
    public PortSettings? Port { get; init; }
}
