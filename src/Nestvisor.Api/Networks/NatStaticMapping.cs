namespace Nestvisor.Api.Networks;

/// <summary>A port of this host that leads to a port behind a NAT.</summary>
public sealed record NatStaticMapping
{
    /// <summary>Number, unique among the mappings of this host; 0 in a request, the service counts.</summary>
    public uint Id { get; init; }

    /// <summary>The protocol.</summary>
    public required NatProtocol Protocol { get; init; }

    /// <summary>IPv4 address of this host; <c>0.0.0.0</c> for all.</summary>
    public required string ExternalIPAddress { get; init; }

    /// <summary>Port on this host, 1 to 65535.</summary>
    public required int ExternalPort { get; init; }

    /// <summary>IPv4 address behind the NAT, in its prefix.</summary>
    public required string InternalIPAddress { get; init; }

    /// <summary>Port at that address, 1 to 65535.</summary>
    public required int InternalPort { get; init; }

    /// <summary>Prefix of the addresses that may use it; <c>0.0.0.0/0</c> for all.</summary>
    public string RemoteExternalIPAddressPrefix { get; set; } = "0.0.0.0/0";
}
