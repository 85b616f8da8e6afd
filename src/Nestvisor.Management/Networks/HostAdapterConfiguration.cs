namespace Nestvisor.Management.Networks;

/// <summary>All that is kept of an adapter that this host has at a switch beside its first one.</summary>
/// <remarks>Of properties with a default value, see <see cref="Api.Machines.MachineConfiguration"/>.</remarks>
internal sealed record HostAdapterConfiguration
{
    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>MAC address that a command has given it, 12 digits; null for the one made of the identifier.</summary>
    public string? StaticMacAddress { get; init; }

    /// <summary>Its VLAN; 0 for none.</summary>
    public int Vlan { get; init; }

    /// <summary>Whether its frames may have any source address.</summary>
    public bool MacAddressSpoofing { get; init; }

    /// <summary>Bits a second that may leave on average; 0 for no limit.</summary>
    public long MaximumBandwidth { get; init; }

    /// <summary>Whether it is switched on.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Largest packet in bytes; null for the kernel's choice.</summary>
    public int? Mtu { get; init; }

    /// <summary>Addresses that commands have given it.</summary>
    public IReadOnlyList<HostPortAddress> Addresses { get; set; } = [];

    /// <summary>Routes that commands have made over it.</summary>
    public IReadOnlyList<HostPortRoute> Routes { get; set; } = [];
}
