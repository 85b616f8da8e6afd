namespace Nestvisor.NetworkCommands;

/// <summary>The protocol of a static mapping, with its number in IP.</summary>
public enum NatProtocolType
{
    /// <summary>TCP.</summary>
    TCP = 6,

    /// <summary>UDP.</summary>
    UDP = 17,
}
