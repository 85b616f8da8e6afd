namespace Nestvisor.NetworkCommands;

/// <summary>Whether an address is of one host or of several.</summary>
public enum AddressType
{
    /// <summary>Of one host.</summary>
    Unicast = 1,

    /// <summary>Of the nearest of several hosts.</summary>
    Anycast = 2,
}
