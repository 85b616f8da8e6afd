namespace Nestvisor.NetworkCommands;

/// <summary>Where the rest of an address comes from.</summary>
public enum SuffixOrigin
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>Somebody set it.</summary>
    Manual = 1,

    /// <summary>A standard says it.</summary>
    WellKnown = 2,

    /// <summary>DHCP.</summary>
    Dhcp = 3,

    /// <summary>The hardware address.</summary>
    Link = 4,

    /// <summary>Chance.</summary>
    Random = 5,
}
