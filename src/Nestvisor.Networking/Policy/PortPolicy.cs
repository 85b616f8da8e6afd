using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Policy;

/// <summary>What the port of a virtual switch lets through.</summary>
public sealed record PortPolicy
{
    /// <summary>The adapter's own address.</summary>
    public required MacAddress Address { get; init; }

    /// <summary>
    /// Whether frames may leave with any unicast source address, and whatever the switch brings to the port comes in. Without, only frames
    /// from the adapter's own address leave, and only those for it, for groups and for all come in.
    /// </summary>
    public bool MacAddressSpoofing { get; init; }

    /// <summary>Whether answers of DHCP servers do not leave.</summary>
    public bool DhcpGuard { get; init; }

    /// <summary>Whether advertisements of routers, and redirections by them, do not leave.</summary>
    public bool RouterGuard { get; init; }

    /// <summary>The virtual network that the port is in.</summary>
    public PortVlan Vlan { get; init; } = PortVlan.Untagged;

    /// <summary>Bits a second that may leave on average; 0 for no limit.</summary>
    public long MaximumBandwidth { get; init; }
}
