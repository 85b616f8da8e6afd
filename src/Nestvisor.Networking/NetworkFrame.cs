namespace Nestvisor.Networking;

/// <summary>Bounds of an Ethernet frame.</summary>
public static class NetworkFrame
{
    /// <summary>Bytes of the Ethernet header: two addresses and the type.</summary>
    public const int MinLength = 14;

    /// <summary>Longest frame that a port carries: a jumbo payload of 9,000 bytes, two VLAN tags and the header.</summary>
    public const int MaxLength = 9000 + 8 + MinLength;
}
