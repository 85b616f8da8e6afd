namespace Nestvisor.Api.Networks;

/// <summary>A network interface where the virtual switches are: of this host, or of the user's own network namespace.</summary>
public sealed record InterfaceInfo
{
    /// <summary>Number in the kernel.</summary>
    public required int Index { get; init; }

    /// <summary>The kernel's name, such as <c>eth0</c> or <c>nvs1a2b3c4d</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name for people: <c>vEthernet (name)</c> of the host's port on a virtual switch, else the kernel's name.</summary>
    public required string Alias { get; init; }

    /// <summary>Kind of the link as ip(8) says it, such as <c>bridge</c>, <c>veth</c>, <c>tun</c>; empty for hardware.</summary>
    public string Kind { get; set; } = "";

    /// <summary>Hardware address, such as <c>00:15:5d:01:02:03</c>; empty if it has none.</summary>
    public string MacAddress { get; set; } = "";

    /// <summary>Largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Whether it is switched on.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>Whether it is switched on and has a link.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Whether it is the loopback interface.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>Whether it is a wireless interface.</summary>
    public bool IsWireless { get; init; }

    /// <summary>Bits a second; null if the kernel does not know.</summary>
    public long? LinkSpeed { get; init; }

    /// <summary>The virtual switch whose host port or uplink it is; null for none.</summary>
    public Guid? SwitchId { get; init; }

    /// <summary>The adapter of a virtual machine whose other end it is; null for none.</summary>
    public Guid? AdapterId { get; init; }

    /// <summary>Whether it belongs to an adapter of this host at a virtual switch and is not the adapter itself, as its other end on the switch.</summary>
    public bool IsPartOfHostPort { get; init; }

    /// <summary>Whether it is an adapter of this host at a virtual switch, whose addresses and routes Nestvisor keeps and may change.</summary>
    public bool IsHostPort { get; init; }

    /// <summary>Whether it leads from a user's own network namespace to the host's network; pasta(1) keeps it, and it cannot be changed.</summary>
    public bool IsWayOut { get; init; }
}
