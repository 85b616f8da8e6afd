using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>The kind of an interface.</summary>
public sealed record KernelLinkInfo
{
    /// <summary>Such as <c>bridge</c>, <c>tun</c>, <c>veth</c>; null for hardware.</summary>
    [JsonPropertyName("info_kind")]
    public string? Kind { get; set; }

    /// <summary>What the kind says of it.</summary>
    [JsonPropertyName("info_data")]
    public KernelLinkData Data { get; set; } = new();
}
