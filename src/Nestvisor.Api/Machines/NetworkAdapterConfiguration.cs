using Nestvisor.Api.Networks;

namespace Nestvisor.Api.Machines;

/// <summary>A network adapter of a virtual machine.</summary>
public sealed record NetworkAdapterConfiguration
{
    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name; need not be unique.</summary>
    public required string Name { get; init; }

    /// <summary>The virtual switch that it is connected to; null for none.</summary>
    public Guid? SwitchId { get; init; }

    /// <summary>Name of that switch where the machine was exported; null in a machine that is here.</summary>
    public string? SwitchName { get; init; }

    /// <summary>
    /// Its MAC address, 12 hexadecimal digits in capitals; null if it is dynamic and the machine has not been started yet.
    /// </summary>
    public string? MacAddress { get; init; }

    /// <summary>Whether the user chose the MAC address; else the host gives one at the first start.</summary>
    public bool HasStaticMacAddress { get; init; }

    /// <summary>What its port lets through.</summary>
    public PortSettings Port { get; set; } = new();
}
