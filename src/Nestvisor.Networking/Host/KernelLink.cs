using System.Text.Json.Serialization;

namespace Nestvisor.Networking.Host;

/// <summary>An interface as <c>ip -j -d link</c> shows it, as far as it is used.</summary>
public sealed record KernelLink
{
    /// <summary>Its number.</summary>
    [JsonPropertyName("ifindex")]
    public int Index { get; set; }

    /// <summary>Its name.</summary>
    [JsonPropertyName("ifname")]
    public string Name { get; set; } = "";

    /// <summary>UP, LOWER_UP, LOOPBACK and others.</summary>
    [JsonPropertyName("flags")]
    public IReadOnlyList<string> Flags { get; set; } = [];

    /// <summary>Largest packet in bytes.</summary>
    [JsonPropertyName("mtu")]
    public int Mtu { get; set; }

    /// <summary>Name of the interface that it is a port of; null for none.</summary>
    [JsonPropertyName("master")]
    public string? Master { get; set; }

    /// <summary>What its frames wait in: <c>noqueue</c>, <c>tbf</c> and others.</summary>
    [JsonPropertyName("qdisc")]
    public string Queue { get; set; } = "";

    /// <summary>Kind of the link layer: <c>ether</c>, <c>loopback</c> and others.</summary>
    [JsonPropertyName("link_type")]
    public string LinkType { get; set; } = "";

    /// <summary>Its hardware address.</summary>
    [JsonPropertyName("address")]
    public string Address { get; set; } = "";

    /// <summary>Its alias; null for none.</summary>
    [JsonPropertyName("ifalias")]
    public string? Alias { get; set; }

    /// <summary>Its alternative names.</summary>
    [JsonPropertyName("altnames")]
    public IReadOnlyList<string> AlternativeNames { get; set; } = [];

    /// <summary>Its kind.</summary>
    [JsonPropertyName("linkinfo")]
    public KernelLinkInfo Info { get; set; } = new();

    /// <summary>Bus of the hardware behind it, such as <c>pci</c> or <c>virtio</c>; null without hardware.</summary>
    [JsonPropertyName("parentbus")]
    public string? ParentBus { get; set; }

    /// <summary>Name of the hardware on its bus; null without hardware.</summary>
    [JsonPropertyName("parentdev")]
    public string? ParentDevice { get; set; }

    /// <summary>How many ask for frames with any address.</summary>
    [JsonPropertyName("promiscuity")]
    public int Promiscuity { get; set; }

    /// <summary>Its counters, where they were asked for.</summary>
    [JsonPropertyName("stats64")]
    public KernelLinkStatistics? Statistics { get; set; }

    /// <summary>Whether it is switched on.</summary>
    [JsonIgnore]
    public bool IsUp => Flags.Contains("UP");

    /// <summary>Whether it has a link.</summary>
    [JsonIgnore]
    public bool HasCarrier => Flags.Contains("LOWER_UP");

    /// <summary>Whether it is the loopback interface.</summary>
    [JsonIgnore]
    public bool IsLoopback => Flags.Contains("LOOPBACK");
}
