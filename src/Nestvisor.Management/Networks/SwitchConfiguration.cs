using Nestvisor.Api.Networks;
using Nestvisor.Networking.Host;

namespace Nestvisor.Management.Networks;

/// <summary>All that is kept of a virtual switch.</summary>
/// <remarks>Of properties with a default value, see <see cref="Api.Machines.MachineConfiguration"/>.</remarks>
internal sealed record SwitchConfiguration
{
    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Whom it connects.</summary>
    public required SwitchType Type { get; init; }

    /// <summary>The user's notes.</summary>
    public string Notes { get; set; } = "";

    /// <summary>Whether this host has a port on an external switch.</summary>
    public bool AllowManagementOS { get; init; }

    /// <summary>What the interface of an external switch was before; null of others.</summary>
    public UplinkState? Uplink { get; init; }

    /// <summary>Whether the host's port is switched on.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Largest packet of the host's port in bytes; null for the kernel's choice.</summary>
    public int? Mtu { get; init; }

    /// <summary>Addresses that commands have given the host's port.</summary>
    public IReadOnlyList<HostPortAddress> Addresses { get; set; } = [];

    /// <summary>Routes that commands have made over the host's port.</summary>
    public IReadOnlyList<HostPortRoute> Routes { get; set; } = [];

    /// <summary>Whether this host has a port on it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasHostPort => Type == SwitchType.Internal || (Type == SwitchType.External && AllowManagementOS);
}
