using Nestvisor.Api.Networks;

namespace Nestvisor.Api.Machines;

/// <summary>A change of a network adapter: all of it happens or nothing. What is null stays as it is.</summary>
public sealed record ChangeAdapterRequest
{
    /// <summary>New name.</summary>
    public string? Name { get; init; }

    /// <summary>The virtual switch to connect it to.</summary>
    public Guid? SwitchId { get; init; }

    /// <summary>Whether to connect it to no switch.</summary>
    public bool Disconnect { get; init; }

    /// <summary>New MAC address, chosen by the user.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Whether the host is to give a MAC address at the next start.</summary>
    public bool UseDynamicMacAddress { get; init; }

    /// <summary>What its port is to let through, all of it.</summary>
    public PortSettings? Port { get; init; }
}
