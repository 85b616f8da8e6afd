namespace Nestvisor.Api.Networks;

/// <summary>An IP address of an interface.</summary>
public sealed record InterfaceAddress
{
    /// <summary>Number of the interface in the kernel.</summary>
    public required int InterfaceIndex { get; init; }

    /// <summary>The address, IPv4 or IPv6.</summary>
    public required string Address { get; init; }

    /// <summary>Length of its prefix, 0 to 32 or 0 to 128.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>Whether it is given for a time only, as by DHCP or by an IPv6 router.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>Whether the kernel made it of the link's own address (fe80::/10).</summary>
    public bool IsLinkLocal { get; init; }

    /// <summary>Whether it is still being looked for another owner of it (IPv6, RFC 4862 §5.4).</summary>
    public bool IsTentative { get; init; }

    /// <summary>Whether it is not to be used for new connections.</summary>
    public bool IsDeprecated { get; init; }

    /// <summary>Seconds that it is valid for; null for ever.</summary>
    public long? ValidSeconds { get; init; }

    /// <summary>Seconds that it is preferred for; null for ever.</summary>
    public long? PreferredSeconds { get; init; }

    /// <summary>Whether Nestvisor sets it again when the host has been started anew.</summary>
    public bool IsPersistent { get; init; }
}
