namespace Nestvisor.Management.Networks;

/// <summary>An address of the host's port on a switch.</summary>
internal sealed record HostPortAddress
{
    /// <summary>The address.</summary>
    public required string Address { get; init; }

    /// <summary>Length of its prefix.</summary>
    public required int PrefixLength { get; init; }
}
