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

    /// <summary>Whether this host has its first port on the switch, the bridge itself.</summary>
    public bool AllowManagementOS { get; init; }

    /// <summary>What the interface of an external switch was before; null of others.</summary>
    public UplinkState? Uplink { get; init; }

    /// <summary>Name of the host's first port; null for the switch's.</summary>
    public string? HostPortName { get; init; }

    /// <summary>Bits a second that may leave the host's first port on average; 0 for no limit.</summary>
    public long MaximumBandwidth { get; init; }

    /// <summary>This host's further adapters.</summary>
    public IReadOnlyList<HostAdapterConfiguration> HostAdapters { get; set; } = [];

    /// <summary>Whether the host's port is switched on.</summary>
    public bool IsEnabled { get; set; } = true;

    /// <summary>Largest packet of the host's port in bytes; null for the kernel's choice.</summary>
    public int? Mtu { get; init; }

    /// <summary>Addresses that commands have given the host's port.</summary>
    public IReadOnlyList<HostPortAddress> Addresses { get; set; } = [];

    /// <summary>Routes that commands have made over the host's port.</summary>
    public IReadOnlyList<HostPortRoute> Routes { get; set; } = [];

    /// <summary>Whether this host has its first port on it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasHostPort => Type != SwitchType.Private && AllowManagementOS;

    /// <summary>The adapters that this host has on it, the first port before the others.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public IEnumerable<HostPort> HostPorts => [.. HasHostPort ? [new HostPort(this, null)] : Array.Empty<HostPort>(), .. HostAdapters.Select(adapter => new HostPort(this, adapter))];

    /// <summary>The configuration with one of its further adapters changed.</summary>
    /// <param name="adapter">The adapter, in place of the one with the same identifier.</param>
    public SwitchConfiguration With(HostAdapterConfiguration adapter) =>
        this with { HostAdapters = [.. HostAdapters.Select(each => each.Id == adapter.Id ? adapter : each)] };
}
