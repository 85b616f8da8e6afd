using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>What ip(8) says of an interface of a kind, as far as it is used.</summary>
public sealed record KernelLinkData
{
    /// <summary>Of a VLAN interface its VLAN. Other kinds have other things there, numbers or not.</summary>
    [JsonPropertyName("id")]
    public JsonElement? Id { get; set; }

    /// <summary>The VLAN of a VLAN interface; 0 of others.</summary>
    [JsonIgnore]
    public int Vlan => Id is { ValueKind: JsonValueKind.Number } id && id.TryGetInt32(out int vlan) ? vlan : 0;
}
