namespace Nestvisor.NetworkCommands;

/// <summary>Whether neighbours are looked for.</summary>
public enum NeighborDiscoverySupported
{
    /// <summary>They are not.</summary>
    No = 0,

    /// <summary>They are.</summary>
    Yes = 1,
}
