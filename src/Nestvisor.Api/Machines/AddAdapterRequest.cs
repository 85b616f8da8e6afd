namespace Nestvisor.Api.Machines;

/// <summary>A new network adapter of a virtual machine.</summary>
public sealed record AddAdapterRequest
{
    /// <summary>Name; null for "Network Adapter".</summary>
    public string? Name { get; init; }

    /// <summary>The virtual switch to connect it to; null for none.</summary>
    public Guid? SwitchId { get; init; }

    /// <summary>MAC address; null for one that the host gives.</summary>
    public string? MacAddress { get; init; }
}
