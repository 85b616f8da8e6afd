using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>The counters of a direction of an interface.</summary>
public sealed record KernelLinkCounters
{
    /// <summary>Bytes.</summary>
    [JsonPropertyName("bytes")]
    public long Bytes { get; set; }

    /// <summary>Packets.</summary>
    [JsonPropertyName("packets")]
    public long Packets { get; set; }

    /// <summary>Packets that were dropped.</summary>
    [JsonPropertyName("dropped")]
    public long Dropped { get; set; }
}
