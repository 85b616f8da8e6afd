namespace Nestvisor.Api.Networks;

/// <summary>What the port of a virtual switch that an adapter is connected to lets through.</summary>
/// <remarks>Properties that are not 0 or null by default can be set, as in <see cref="Machines.MachineConfiguration"/>.</remarks>
public sealed record PortSettings
{
    /// <summary>
    /// Whether frames may leave with any source address, and all that the switch brings to the port comes in. Without, only frames from the
    /// adapter's own address leave, and only those for it, for groups and for all come in.
    /// </summary>
    public bool MacAddressSpoofing { get; init; }

    /// <summary>Whether answers of DHCP servers do not leave.</summary>
    public bool DhcpGuard { get; init; }

    /// <summary>Whether advertisements and redirections of routers do not leave.</summary>
    public bool RouterGuard { get; init; }

    /// <summary>The VLAN of frames without a tag, 1 to 4094: of an access port the only one, of a trunk port the native one; 0 for none.</summary>
    public int Vlan { get; init; }

    /// <summary>VLANs whose frames pass a trunk port with their tags, 1 to 4094; null if it is none.</summary>
    public IReadOnlyList<int>? TrunkVlans { get; init; }

    /// <summary>Bits a second that may leave on average; 0 for no limit.</summary>
    public long MaximumBandwidth { get; init; }
}
