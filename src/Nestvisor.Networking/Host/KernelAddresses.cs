using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>An interface with its addresses as <c>ip -j address</c> shows it.</summary>
public sealed record KernelAddresses
{
    /// <summary>The interface's number.</summary>
    [JsonPropertyName("ifindex")]
    public int Index { get; set; }

    /// <summary>The interface's name.</summary>
    [JsonPropertyName("ifname")]
    public string Name { get; set; } = "";

    /// <summary>The addresses.</summary>
    [JsonPropertyName("addr_info")]
    public IReadOnlyList<KernelAddress> Addresses { get; set; } = [];
}
