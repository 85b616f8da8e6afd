namespace Nestvisor.Api.HostAdapters;

/// <summary>A change of an address of a network interface. What is null stays as it is.</summary>
public sealed record ChangeHostAddressRequest
{
    /// <summary>The address that is changed.</summary>
    public required string Address { get; init; }

    /// <summary>New length of its prefix.</summary>
    public int? PrefixLength { get; init; }

    /// <summary>Seconds that it is valid for; -1 for ever.</summary>
    public long? ValidSeconds { get; init; }

    /// <summary>Seconds that it is preferred for; -1 for ever.</summary>
    public long? PreferredSeconds { get; init; }
}
