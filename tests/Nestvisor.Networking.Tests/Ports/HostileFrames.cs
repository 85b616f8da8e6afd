using System.Buffers.Binary;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;

namespace Nestvisor.Networking.Tests.Ports;

/// <summary>What a hostile guest sends, and the policies that it meets.</summary>
internal static class HostileFrames
{
    private static readonly int[] s_types = [0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x05DC, 0];

    public static MacAddress Own { get; } = MacAddress.Read([0, 0x15, 0x5D, 0, 0, 1]);

    /// <summary>Numbers of policies.</summary>
    public static TheoryData<int> Policies => [.. Enumerable.Range(0, 4)];

    /// <summary>A policy by its number.</summary>
    public static PortPolicy Policy(int number) => new()
    {
        Address = Own,
        DhcpGuard = true,
        RouterGuard = true,
        Vlan = number switch
        {
            0 => PortVlan.Untagged,
            1 => PortVlan.Access(7),
            _ => PortVlan.Trunk(number == 2 ? 0 : 7, [7, 8, 4094]),
        },
    };

    /// <summary>A packet; most are nearly right, so that all of the rules have something to decide.</summary>
    /// <param name="random">Decides.</param>
    /// <param name="buffer">Room for it.</param>
    public static Span<byte> Make(Random random, byte[] buffer)
    {
        Span<byte> packet = buffer.AsSpan(0, PacketHeader.Size + random.Next(0, random.Next(4) == 0 ? 1600 : 120));
        random.NextBytes(packet);
        if (random.Next(8) != 0)
        {
            packet[..Math.Min(PacketHeader.Size, packet.Length)].Clear();
        }

        Span<byte> frame = packet[Math.Min(PacketHeader.Size, packet.Length)..];
        if (frame.Length < NetworkFrame.MinLength)
        {
            return packet;
        }

        if (random.Next(8) != 0)
        {
            Own.CopyTo(frame[MacAddress.Length..]);
        }

        if (random.Next(3) == 0)
        {
            Own.CopyTo(frame);
        }

        int offset = FrameView.TypeOffset;
        while (offset + 4 <= frame.Length)
        {
            int type = s_types[random.Next(random.Next(2) == 0 ? 3 : s_types.Length)];
            BinaryPrimitives.WriteUInt16BigEndian(frame[offset..], (ushort)type);
            if (type is not (0x8100 or 0x88A8))
            {
                break;
            }

            BinaryPrimitives.WriteUInt16BigEndian(frame[(offset + 2)..], (ushort)((random.Next(8) << 13) | random.Next(10)));
            offset += FrameView.TagLength;
        }

        return packet;
    }
}
