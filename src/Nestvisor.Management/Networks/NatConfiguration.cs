using Nestvisor.Api.Networks;

namespace Nestvisor.Management.Networks;

/// <summary>All that is kept of a NAT.</summary>
internal sealed record NatConfiguration
{
    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>IPv4 prefix.</summary>
    public required string InternalPrefix { get; init; }

    /// <summary>When idle connections are forgotten.</summary>
    public NatTimeouts Timeouts { get; set; } = new();

    /// <summary>Ports that lead in.</summary>
    public IReadOnlyList<NatStaticMapping> StaticMappings { get; set; } = [];
}
