using System.Net;
using Nestvisor.Networking.Packets;

namespace Nestvisor.Networking.Policy;

/// <summary>
/// Learns the IP addresses that an adapter says it has: in ARP (RFC 826) and in IPv6 neighbour discovery (RFC 4861). A guest may lie; what
/// is known is for the user to see and decides nothing. Safe from any thread.
/// </summary>
internal sealed class AddressWatch
{
    private const int Most = 16;
    private const ushort ArpType = 0x0806;
    private const byte NeighborSolicitation = 135;
    private const byte NeighborAdvertisement = 136;
    private const int ArpSenderOffset = 14;
    private const int SourceOffset6 = 8;
    private const int TargetOffset6 = 8;
    private const int Length4 = 4;
    private const int Length6 = 16;

    private readonly Lock _lock = new();
    private readonly LinkedList<IPAddress> _addresses = new();

    /// <summary>The addresses, the one that was seen last first.</summary>
    public IReadOnlyList<IPAddress> Addresses
    {
        get
        {
            lock (_lock)
            {
                return [.. _addresses];
            }
        }
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _addresses.Clear();
        }
    }

    /// <summary>Looks at a frame that left.</summary>
    /// <param name="frame">The frame.</param>
    public void Look(FrameView frame)
    {
        int payload = frame.GetPayload(out ushort type);
        if (type == ArpType)
        {
            Note(frame.Slice(payload + ArpSenderOffset, Length4));
        }
        else if (type == InternetPacket.Type6
            && InternetPacket.FindTransport(frame, out byte protocol) is >= 0 and int transport
            && protocol == InternetPacket.Icmp6)
        {
            switch (frame.ReadByte(transport))
            {
                // A solicitation from nobody looks for others who have the address; whoever has it solicits in its name.
                case NeighborSolicitation:
                    Note(frame.Slice(payload + SourceOffset6, Length6));
                    break;
                case NeighborAdvertisement:
                    Note(frame.Slice(transport + TargetOffset6, Length6));
                    break;
                default:
                    break;
            }
        }
    }

    private void Note(ReadOnlySpan<byte> bytes)
    {
        // Nobody's address, as in probes, and those that are cut off.
        if (bytes.IsEmpty || bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            return;
        }

        IPAddress address = new(bytes);
        lock (_lock)
        {
            if (_addresses.First?.Value.Equals(address) == true)
            {
                return;
            }

            _ = _addresses.Remove(address);
            _addresses.AddFirst(address);
            if (_addresses.Count > Most)
            {
                _addresses.RemoveLast();
            }
        }
    }
}
