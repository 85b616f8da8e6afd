namespace Nestvisor.Networking.Packets;

/// <summary>Where the transport protocol of an IP packet in a frame starts.</summary>
public static class InternetPacket
{
    /// <summary>Ethernet's type of IPv4.</summary>
    public const ushort Type4 = 0x0800;

    /// <summary>Ethernet's type of IPv6.</summary>
    public const ushort Type6 = 0x86DD;

    /// <summary>Number of ICMP for IPv4.</summary>
    public const byte Icmp4 = 1;

    /// <summary>Number of UDP.</summary>
    public const byte Udp = 17;

    /// <summary>Number of ICMP for IPv6.</summary>
    public const byte Icmp6 = 58;

    /// <summary>Bytes of IPv6's fixed header.</summary>
    public const int Header6Length = 40;

    // RFC 8200 §4: hop-by-hop options, routing, fragment, destination options.
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte Fragment = 44;
    private const byte DestinationOptions = 60;
    private const int MostExtensions = 8;

    /// <summary>Finds the header of the transport protocol.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="protocol">Receives the number of the protocol.</param>
    /// <returns>Offset of its header in the frame; -1 if there is no IP packet, or a later fragment of one.</returns>
    public static int FindTransport(FrameView frame, out byte protocol)
    {
        int start = frame.GetPayload(out ushort type);
        protocol = 0;
        switch (type)
        {
            case Type4:
                protocol = frame.ReadByte(start + 9);
                return (frame.ReadUInt16(start + 6) & 0x1FFF) != 0 ? -1 : start + ((frame.ReadByte(start) & 15) * 4);
            case Type6:
                protocol = frame.ReadByte(start + 6);
                return SkipExtensions(frame, start + Header6Length, ref protocol);
            default:
                return -1;
        }
    }

    private static int SkipExtensions(FrameView frame, int offset, ref byte protocol)
    {
        for (int i = 0; i < MostExtensions && protocol is HopByHop or Routing or Fragment or DestinationOptions; i++)
        {
            bool fragment = protocol == Fragment;
            protocol = frame.ReadByte(offset);
            if (fragment && (frame.ReadUInt16(offset + 2) & 0xFFF8) != 0)
            {
                return -1;
            }

            offset += fragment ? 8 : (frame.ReadByte(offset + 1) + 1) * 8;
        }

        return offset;
    }
}
