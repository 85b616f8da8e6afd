using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;

namespace Nestvisor.NetworkCommands.Support;

/// <summary>A request for an echo by ICMP (RFC 792) or ICMPv6 (RFC 4443), and what may come back for it.</summary>
/// <param name="target">Whom it is for.</param>
/// <param name="identifier">Which one it is, of all of this host: what RFC 792 calls identifier and sequence number.</param>
internal sealed class EchoMessage(IPAddress target, uint identifier)
{
    private const int HeaderLength = 8;
    private const int IdentifierOffset = 4;
    private const int Ipv6HeaderLength = 40;
    private const byte Icmp4 = 1;
    private const byte Icmp6 = 58;
    private static readonly byte[] s_data = [.. "abcdefghijklmnopqrstuvwabcdefghi"u8];
    private readonly bool _isIpv4 = target.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;

    /// <summary>The request, without the header of IP. The kernel fills in the checksum of ICMPv6.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = [_isIpv4 ? (byte)8 : (byte)128, 0, 0, 0, 0, 0, 0, 1, .. s_data];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(IdentifierOffset), identifier);
        if (_isIpv4)
        {
            uint sum = 0;
            for (int i = 0; i < bytes.Length; i += 2)
            {
                sum += BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(i));
            }

            sum = (sum & 0xFFFF) + (sum >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)~(sum + (sum >> 16)));
        }

        return bytes;
    }

    /// <summary>What a packet says of the request.</summary>
    /// <param name="packet">As a raw socket has it: with its header if it is of IPv4, without if of IPv6.</param>
    /// <param name="sender">Who sent it.</param>
    /// <param name="milliseconds">How long after the request.</param>
    /// <returns>Null if it is about something else.</returns>
    public PingReplyDetails? Read(ReadOnlySpan<byte> packet, IPAddress sender, long milliseconds)
    {
        PingOptions? options = null;
        if (_isIpv4)
        {
            ReadOnlySpan<byte> data = Ipv4Data(packet);
            if (data.Length < HeaderLength)
            {
                return null;
            }

            // Bit 6 of byte 6 forbids fragments; byte 8 is the time to live, which a sender must not make 0 (RFC 791).
            options = packet[8] > 0 ? new PingOptions(packet[8], (packet[6] & 0x40) != 0) : null;
            packet = data;
        }
        else if (packet.Length < HeaderLength)
        {
            return null;
        }

        (byte type, byte code) = (packet[0], packet[1]);
        if (type == (_isIpv4 ? 0 : 129))
        {
            // The sender may have another address, as when all of a group were asked.
            return IsOurs(packet) && packet[HeaderLength..].SequenceEqual(s_data)
                ? new PingReplyDetails(IPStatus.Success, sender, milliseconds, options, packet[HeaderLength..].ToArray())
                : null;
        }

        // Errors have the beginning of what they are about.
        IPStatus? status = _isIpv4 ? StatusOf4(type, code) : StatusOf6(type, code);
        return status is { } known && IsAboutOurs(packet[HeaderLength..]) ? new PingReplyDetails(known, sender, milliseconds, options) : null;
    }

    private static ReadOnlySpan<byte> Ipv4Data(ReadOnlySpan<byte> packet)
    {
        int header = packet.IsEmpty ? 0 : (packet[0] & 0x0F) * 4;
        return header >= 20 && packet.Length >= header ? packet[header..] : default;
    }

    private bool IsOurs(ReadOnlySpan<byte> echo) => BinaryPrimitives.ReadUInt32BigEndian(echo[IdentifierOffset..]) == identifier;

    private bool IsAboutOurs(ReadOnlySpan<byte> packet)
    {
        Span<byte> address = stackalloc byte[16];
        _ = target.TryWriteBytes(address, out int length);
        if (_isIpv4)
        {
            ReadOnlySpan<byte> request = Ipv4Data(packet);
            return request.Length >= HeaderLength && packet[9] == Icmp4 && packet[16..20].SequenceEqual(address[..length]) && request[0] == 8 && IsOurs(request);
        }

        return packet.Length >= Ipv6HeaderLength + HeaderLength && packet[6] == Icmp6 && packet[24..40].SequenceEqual(address[..length])
            && packet[Ipv6HeaderLength] == 128 && IsOurs(packet[Ipv6HeaderLength..]);
    }

    // Redirects are none: the router passes the packet on. RFC 792, RFC 1812 5.2.7.1.
    private static IPStatus? StatusOf4(byte type, byte code) => (type, code) switch
    {
        (3, 0 or 6 or 11) => IPStatus.DestinationNetworkUnreachable,
        (3, 1 or 7 or 8 or 12) => IPStatus.DestinationHostUnreachable,
        (3, 2) => IPStatus.DestinationProtocolUnreachable,
        (3, 3) => IPStatus.DestinationPortUnreachable,
        (3, 4) => IPStatus.PacketTooBig,
        (3, 5) => IPStatus.BadRoute,
        (3, _) => IPStatus.DestinationUnreachable,
        (11, 0) => IPStatus.TtlExpired,
        (11, _) => IPStatus.TtlReassemblyTimeExceeded,
        (12, _) => IPStatus.ParameterProblem,
        _ => null,
    };

    // RFC 4443, 3.
    private static IPStatus? StatusOf6(byte type, byte code) => (type, code) switch
    {
        (1, 0) => IPStatus.DestinationNetworkUnreachable,
        (1, 2) => IPStatus.DestinationScopeMismatch,
        (1, 3) => IPStatus.DestinationHostUnreachable,
        (1, 4) => IPStatus.DestinationPortUnreachable,
        (1, _) => IPStatus.DestinationUnreachable,
        (2, _) => IPStatus.PacketTooBig,
        (3, 0) => IPStatus.TtlExpired,
        (3, _) => IPStatus.TtlReassemblyTimeExceeded,
        (4, 1) => IPStatus.UnrecognizedNextHeader,
        (4, 2) => IPStatus.BadOption,
        (4, _) => IPStatus.ParameterProblem,
        _ => null,
    };
}
