namespace Nestvisor.Api.HostAdapters;

/// <summary>What is known of a network interface beyond the kernel's state of its link: its given name, its driver, its settings for IP.</summary>
public sealed record HostAdapterInfo
{
    /// <summary>Number in the kernel.</summary>
    public required int Index { get; init; }

    /// <summary>Name for people that was given to it (the kernel's alias of the interface); null for none.</summary>
    public string? GivenName { get; init; }

    /// <summary>Name of the driver; null if there is no hardware behind it.</summary>
    public string? Driver { get; init; }

    /// <summary>Whether frames with any address are taken in.</summary>
    public bool IsPromiscuous { get; init; }

    /// <summary>The settings for IPv4; null if the interface does not speak it.</summary>
    public IPSettings? IPv4 { get; init; }

    /// <summary>The settings for IPv6; null if the interface does not speak it.</summary>
    public IPSettings? IPv6 { get; init; }
}
