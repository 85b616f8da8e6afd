using System.Buffers.Binary;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

/// <summary>Random and half-right packets through a port: a million, ten million with <c>./test.sh --slow</c>.</summary>
public sealed class FrameFuzzTests
{
    private static readonly int s_packets = Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1" ? 10_000_000 : 1_000_000;
    private static readonly MacAddress s_own = TestPacket.Mac(TestPacket.Own);
    private static readonly int[] s_types = [0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x9100, 0x05DC, 0];

    public static TheoryData<int> Policies => [.. Enumerable.Range(0, 4)];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Packets_OfAHostileGuest_LeaveOnlyAsThePolicyLetsThem(int number)
    {
        PortPolicy policy = new()
        {
            Address = s_own,
            DhcpGuard = true,
            RouterGuard = true,
            Vlan = number switch
            {
                0 => PortVlan.Untagged,
                1 => PortVlan.Access(7),
                _ => PortVlan.Trunk(number == 2 ? 0 : 7, [7, 8, 4094]),
            },
        };
        using CheckingWire wire = new(policy);
        using SwitchPort port = new(wire, policy, TimeProvider.System);
        Random random = new(number);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(2048, pinned: true);
        MemoryPieces pieces = new(1);
        byte[] received = new byte[PacketHeader.MaxPacketLength];
        int judged = 0;
        long dropped = 0;
        for (int i = 0; i < s_packets / 4; i++)
        {
            Span<byte> packet = Make(random, buffer);
            wire.Incoming = packet.ToArray();
            if (PacketHeader.TryClean(packet, NetworkOffloads.All))
            {
                judged++;
                long before = Dropped(port);
                Assert.True(port.TrySend(0, Head(packet, pieces), pieces.Length == 0 ? null : pieces));
                dropped += Dropped(port) - before;
            }

            Span<byte> arrived = port.Receive(0, received);
            Assert.True(arrived.IsEmpty || IsForGuest(new FrameView(arrived[PacketHeader.Size..])));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{judged} packets judged, {wire.Sent} of them left");
        Assert.True(wire.Sent > judged / 3, $"Only {wire.Sent} of {judged} packets reached the wire.");
        Assert.Equal(judged, wire.Sent + dropped);
    }

    // What is longer than a head is given in two parts.
    private static Span<byte> Head(Span<byte> packet, MemoryPieces rest)
    {
        rest.Clear();
        Span<byte> head = packet[..Math.Min(packet.Length, PacketHeader.HeadLength)];
        if (head.Length < packet.Length)
        {
            Assert.True(rest.TryAdd(packet[head.Length..]));
        }

        return head;
    }

    private static long Dropped(SwitchPort port) =>
        port.Counters[PortCounter.DroppedForeignSource] + port.Counters[PortCounter.DroppedVlan] + port.Counters[PortCounter.DroppedGuard];

    private static bool IsForGuest(FrameView frame) => frame.Destination == s_own || frame.Destination.IsMulticast;

    // Most are nearly right, so that all of the rules have something to decide.
    private static Span<byte> Make(Random random, byte[] buffer)
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
            s_own.CopyTo(frame[MacAddress.Length..]);
        }

        if (random.Next(3) == 0)
        {
            s_own.CopyTo(frame);
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

    /// <summary>Fails when a packet comes that must not, and gives one packet at a time.</summary>
    private sealed class CheckingWire(PortPolicy policy) : INetworkPort
    {
        public byte[]? Incoming { get; set; }

        public long Sent { get; private set; }

        public bool IsConnected => true;

        public int QueueCount => 1;

        public NetworkOffloads Offloads => NetworkOffloads.All;

        public void Configure(NetworkOffloads accepted, int queues)
        {
        }

        public bool TrySend(int queue, Span<byte> packet, MemoryPieces? rest = null)
        {
            byte[] whole = new byte[packet.Length + (rest?.Length ?? 0)];
            packet.CopyTo(whole);
            rest?.CopyTo(whole.AsSpan(packet.Length));
            FrameView frame = new(whole.AsSpan(PacketHeader.Size));
            Assert.False(GuardFilter.IsFromDhcpServer(frame) || GuardFilter.IsFromRouter(frame));
            Assert.Equal(s_own, frame.Source);
            Assert.True(policy.Vlan.IsTrunk
                ? frame.Vlan == policy.Vlan.Id || policy.Vlan.Allows(frame.Vlan)
                : frame.Vlan == policy.Vlan.Id);
            Sent++;
            return true;
        }

        public Span<byte> Receive(int queue, Span<byte> buffer)
        {
            if (Incoming is not { Length: >= PacketHeader.Size + NetworkFrame.MinLength } packet)
            {
                return default;
            }

            Incoming = null;
            packet.CopyTo(buffer);
            return buffer[..packet.Length];
        }

        public int GetDescriptor(int queue) => -1;

        public void SetObserver(Action? changed)
        {
        }

        public void Dispose()
        {
        }
    }
}
