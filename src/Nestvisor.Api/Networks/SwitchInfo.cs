namespace Nestvisor.Api.Networks;

/// <summary>A virtual switch as it is now.</summary>
public sealed record SwitchInfo
{
    /// <summary>Identifier of the switch that every host has, with addresses, names and the way out for its machines.</summary>
    public static readonly Guid DefaultSwitchId = new("c08cb7b8-9b3c-408e-8e30-5e16a3aeb444");

    /// <summary>Identifier; never changes.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name; no two switches have one that differs in case only.</summary>
    public required string Name { get; init; }

    /// <summary>Whom it connects.</summary>
    public required SwitchType Type { get; init; }

    /// <summary>The user's notes.</summary>
    public string Notes { get; set; } = "";

    /// <summary>Whether it is the default switch, which cannot be changed or removed.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether this host has an adapter on it.</summary>
    public bool AllowManagementOS { get; init; }

    /// <summary>The interface of this host that an external switch is bound to; null for others.</summary>
    public string? Uplink { get; init; }

    /// <summary>The kernel's name of the bridge, such as <c>nvsc08cb7b8</c>.</summary>
    public required string Bridge { get; init; }

    /// <summary>The bridge's number in the kernel; null while it is not there, as the default switch until it is needed.</summary>
    public int? InterfaceIndex { get; init; }

    /// <summary>Name of the host's first adapter as an interface, <c>vEthernet (name)</c>; null if it has been removed or there is none.</summary>
    public string? HostInterface { get; init; }

    /// <summary>The adapters that this host has on it.</summary>
    public IReadOnlyList<HostPortInfo> HostPorts { get; set; } = [];

    /// <summary>Adapters of virtual machines that are connected now.</summary>
    public IReadOnlyList<Guid> ConnectedAdapters { get; set; } = [];

    /// <summary>What keeps the switch from working fully, and what to do; empty if nothing does.</summary>
    public IReadOnlyList<string> Warnings { get; set; } = [];
}
