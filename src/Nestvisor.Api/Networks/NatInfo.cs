namespace Nestvisor.Api.Networks;

/// <summary>A NAT: the addresses of a prefix go out with this host's.</summary>
public sealed record NatInfo
{
    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name; no two NATs have one that differs in case only.</summary>
    public required string Name { get; init; }

    /// <summary>IPv4 prefix, such as <c>192.168.100.0/24</c>.</summary>
    public required string InternalPrefix { get; init; }

    /// <summary>Whether the kernel translates it now.</summary>
    public bool Active { get; init; }

    /// <summary>When idle connections are forgotten.</summary>
    public NatTimeouts Timeouts { get; set; } = new();

    /// <summary>Ports that lead in.</summary>
    public IReadOnlyList<NatStaticMapping> StaticMappings { get; set; } = [];

    /// <summary>What keeps the NAT from working fully, and what to do; empty if nothing does.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];
}
