using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>An IP address of an interface as <c>ip -j address</c> shows it.</summary>
public sealed record KernelAddress
{
    /// <summary>What the kernel gives as the life time of an address that is valid for ever.</summary>
    public const long Forever = uint.MaxValue;

    /// <summary><c>inet</c> or <c>inet6</c>.</summary>
    [JsonPropertyName("family")]
    public string Family { get; set; } = "";

    /// <summary>The address.</summary>
    [JsonPropertyName("local")]
    public string Local { get; set; } = "";

    /// <summary>The other end's address, of links of two; null for none.</summary>
    [JsonPropertyName("address")]
    public string? Peer { get; set; }

    /// <summary>Length of the prefix.</summary>
    [JsonPropertyName("prefixlen")]
    public int PrefixLength { get; set; }

    /// <summary>The broadcast address; null for none.</summary>
    [JsonPropertyName("broadcast")]
    public string? Broadcast { get; set; }

    /// <summary><c>global</c>, <c>link</c>, <c>host</c> or others.</summary>
    [JsonPropertyName("scope")]
    public string Scope { get; set; } = "";

    /// <summary>Whether it is given for a time only.</summary>
    [JsonPropertyName("dynamic")]
    public bool IsDynamic { get; set; }

    /// <summary>Whether another owner is still being looked for.</summary>
    [JsonPropertyName("tentative")]
    public bool IsTentative { get; set; }

    /// <summary>Whether it is not for new connections.</summary>
    [JsonPropertyName("deprecated")]
    public bool IsDeprecated { get; set; }

    /// <summary>Whether the kernel makes no route to its prefix.</summary>
    [JsonPropertyName("noprefixroute")]
    public bool HasNoPrefixRoute { get; set; }

    /// <summary>Metric of the route to its prefix; null for the kernel's own.</summary>
    [JsonPropertyName("metric")]
    public long? Metric { get; set; }

    /// <summary>Seconds that it is valid for, or <see cref="Forever"/>.</summary>
    [JsonPropertyName("valid_life_time")]
    public long ValidSeconds { get; set; } = Forever;

    /// <summary>Seconds that it is preferred for, or <see cref="Forever"/>.</summary>
    [JsonPropertyName("preferred_life_time")]
    public long PreferredSeconds { get; set; } = Forever;

    /// <summary>Whether it is an IPv4 address.</summary>
    [JsonIgnore]
    public bool IsIPv4 => Family == "inet";

    /// <summary>Address and length of the prefix.</summary>
    [JsonIgnore]
    public string Text => $"{Local}/{PrefixLength}";
}
