namespace Nestvisor.Api.HostAdapters;

/// <summary>A change of a network interface in the kernel. What is null stays as it is.</summary>
public sealed record ChangeHostAdapterRequest
{
    /// <summary>New name for people; empty to take it away.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it is switched on.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>New hardware address, such as <c>00:15:5d:01:02:03</c>.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Changed settings for IPv4.</summary>
    public ChangeIPSettings? IPv4 { get; init; }

    /// <summary>Changed settings for IPv6.</summary>
    public ChangeIPSettings? IPv6 { get; init; }
}
