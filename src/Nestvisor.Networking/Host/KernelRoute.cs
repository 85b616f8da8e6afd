using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>A route as <c>ip -j route</c> shows it.</summary>
public sealed record KernelRoute
{
    /// <summary>Kind, such as <c>unicast</c>, <c>local</c>, <c>blackhole</c>; null stands for unicast.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; set; }

    /// <summary>Prefix, address or <c>default</c>.</summary>
    [JsonPropertyName("dst")]
    public string Destination { get; set; } = "";

    /// <summary>Next hop; null if the destination is on the link.</summary>
    [JsonPropertyName("gateway")]
    public string? Gateway { get; set; }

    /// <summary>Name of the interface; null of routes without one.</summary>
    [JsonPropertyName("dev")]
    public string? Device { get; set; }

    /// <summary>Who made it.</summary>
    [JsonPropertyName("protocol")]
    public string? Protocol { get; set; }

    /// <summary>How far it leads.</summary>
    [JsonPropertyName("scope")]
    public string? Scope { get; set; }

    /// <summary>Address to send from; null for none.</summary>
    [JsonPropertyName("prefsrc")]
    public string? Source { get; set; }

    /// <summary>Routes with a smaller one come first.</summary>
    [JsonPropertyName("metric")]
    public long Metric { get; set; }

    /// <summary>Its table; null for the main one.</summary>
    [JsonPropertyName("table")]
    public string? Table { get; set; }

    /// <summary><c>onlink</c> and others.</summary>
    [JsonPropertyName("flags")]
    public IReadOnlyList<string> Flags { get; set; } = [];

    /// <summary>Seconds until it ends; null for never.</summary>
    [JsonPropertyName("expires")]
    public long? Expires { get; set; }
}
