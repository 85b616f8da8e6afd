namespace Nestvisor.Networking.Packets;

/// <summary>Bounds of an Ethernet frame, without preamble and check sequence.</summary>
public static class NetworkFrame
{
    /// <summary>Bytes of the Ethernet header: two addresses and the type.</summary>
    public const int MinLength = 14;

    /// <summary>Longest frame that goes over the wire as it is: a jumbo payload of 9,000 bytes, two VLAN tags and the header.</summary>
    public const int MaxLength = 9000 + 8 + MinLength;

    /// <summary>Longest frame that is still to be cut into segments: the longest IP packet, two VLAN tags and the header.</summary>
    public const int MaxUnsegmentedLength = 65535 + 8 + MinLength;
}
