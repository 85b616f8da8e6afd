namespace Nestvisor.Networking.Host.Managers;

/// <summary>The program that configures an interface of the host, and what it takes to let it go on with another.</summary>
public sealed record UplinkManagement
{
    /// <summary>The program's name for itself, such as <c>systemd-networkd</c> or <c>dhclient</c>.</summary>
    public required string Program { get; init; }

    /// <summary>Command lines of the processes, where each interface has its own.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Processes { get; set; } = [];

    /// <summary>The interface's settings: a file of the program; null where there is none.</summary>
    public string? File { get; init; }

    /// <summary>Files that add to it, in their order.</summary>
    public IReadOnlyList<string> Additions { get; set; } = [];

    /// <summary>Number by which DHCP servers know the interface (IAID, RFC 4361 §6.1); null if they know it by its hardware address.</summary>
    public uint? LeaseNumber { get; init; }

    /// <summary>Identifier of NetworkManager's connection on the interface; null of others.</summary>
    public Guid? Connection { get; init; }

    /// <summary>Identifier of the connection that the bridge is given.</summary>
    public Guid? BridgeConnection { get; init; }

    /// <summary>Identifier of the connection that the interface is given as its port.</summary>
    public Guid? PortConnection { get; init; }
}
