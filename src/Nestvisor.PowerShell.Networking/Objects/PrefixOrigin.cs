namespace Nestvisor.NetworkCommands;

/// <summary>Where the prefix of an address comes from.</summary>
public enum PrefixOrigin
{
    /// <summary>None of the others.</summary>
    Other = 0,

    /// <summary>Somebody set it.</summary>
    Manual = 1,

    /// <summary>A standard says it.</summary>
    WellKnown = 2,

    /// <summary>DHCP.</summary>
    Dhcp = 3,

    /// <summary>An IPv6 router.</summary>
    RouterAdvertisement = 4,
}
