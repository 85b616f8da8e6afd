namespace Nestvisor.Api.Networks;

/// <summary>After how many idle seconds connections through a NAT are forgotten. What is null is the kernel's own value.</summary>
public sealed record NatTimeouts
{
    /// <summary>Of established TCP connections.</summary>
    public int? TcpEstablished { get; init; }

    /// <summary>Of TCP connections that are being opened or closed.</summary>
    public int? TcpTransient { get; init; }

    /// <summary>Of UDP.</summary>
    public int? UdpIdle { get; init; }
}
