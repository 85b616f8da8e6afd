namespace Nestvisor.Api.Networks;

/// <summary>What a new NAT is.</summary>
public sealed record CreateNatRequest
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>IPv4 prefix, such as <c>192.168.100.0/24</c>.</summary>
    public required string InternalPrefix { get; init; }
}
