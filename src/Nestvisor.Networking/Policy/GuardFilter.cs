using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Policy;

/// <summary>Recognizes what only servers and routers send.</summary>
/// <remarks>
/// A frame of which only the beginning can be seen, and that hides behind extensions what it carries, counts as such: no header chain of
/// honest hosts is that long (RFC 7113 §3).
/// </remarks>
internal static class GuardFilter
{
    private const int Seen = 4;
    private const ushort DhcpServerPort = 67;
    private const ushort Dhcp6ServerPort = 547;
    private const byte Icmp4Redirect = 5;
    private const byte Icmp4RouterAdvertisement = 9;
    private const byte Icmp6RouterAdvertisement = 134;
    private const byte Icmp6Redirect = 137;

    /// <summary>Whether a frame is from a DHCP server (RFC 2131 §4.1, RFC 8415 §7.2).</summary>
    public static bool IsFromDhcpServer(FrameView frame) =>
        InternetPacket.FindTransport(frame, out byte protocol) is >= 0 and int offset
        && (frame.IsHidden(offset, Seen) || (protocol == InternetPacket.Udp && frame.ReadUInt16(offset) is DhcpServerPort or Dhcp6ServerPort));

    /// <summary>Whether a frame says who routes (RFC 1256, RFC 792, RFC 4861 §4.2 and §4.5).</summary>
    public static bool IsFromRouter(FrameView frame) =>
        InternetPacket.FindTransport(frame, out byte protocol) is >= 0 and int offset
        && (frame.IsHidden(offset, Seen)
            || (protocol, frame.ReadByte(offset)) is
                (InternetPacket.Icmp4, Icmp4Redirect or Icmp4RouterAdvertisement)
                or (InternetPacket.Icmp6, Icmp6RouterAdvertisement or Icmp6Redirect));
}
