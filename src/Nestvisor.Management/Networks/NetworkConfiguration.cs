namespace Nestvisor.Management.Networks;

/// <summary>All that is kept of the networks: the content of the file networks.json.</summary>
internal sealed record NetworkConfiguration
{
    /// <summary>Number of the file's format; this program reads and writes 1.</summary>
    public int Format { get; set; } = 1;

    /// <summary>The switches that commands have made.</summary>
    public IReadOnlyList<SwitchConfiguration> Switches { get; set; } = [];

    /// <summary>The NATs that commands have made.</summary>
    public IReadOnlyList<NatConfiguration> Nats { get; set; } = [];

    /// <summary>Number of the last static mapping.</summary>
    public uint LastMapping { get; init; }

    /// <summary>Prefix that the default switch had last; null for none.</summary>
    public string? DefaultPrefix { get; init; }

    /// <summary>Whether the host did not forward IPv4 before the service switched that on.</summary>
    public bool SwitchedForwardingOn { get; init; }

    /// <summary>
    /// A switch whose interface is being bound or freed: if the service ends meanwhile, the next one gives the interface back what it had.
    /// </summary>
    public SwitchConfiguration? Unfinished { get; init; }
}
