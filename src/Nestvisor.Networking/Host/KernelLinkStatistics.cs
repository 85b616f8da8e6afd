using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>The counters of an interface.</summary>
public sealed record KernelLinkStatistics
{
    /// <summary>What came in.</summary>
    [JsonPropertyName("rx")]
    public KernelLinkCounters Received { get; set; } = new();

    /// <summary>What went out.</summary>
    [JsonPropertyName("tx")]
    public KernelLinkCounters Sent { get; set; } = new();
}
