using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

/// <summary>Random and half-right packets through a port: a million, ten million with <c>./test.sh --slow</c>.</summary>
public sealed class FrameFuzzTests
{
    private static readonly int s_packets = Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1" ? 10_000_000 : 1_000_000;

    public static TheoryData<int> Policies => HostileFrames.Policies;

    [Theory]
    [MemberData(nameof(Policies))]
    public void Packets_OfAHostileGuest_LeaveOnlyAsThePolicyLetsThem(int number)
    {
        PortPolicy policy = HostileFrames.Policy(number);
        using CheckingWire wire = new(policy) { IsForbidden = IsGuardedAgainst };
        using SwitchPort port = new(wire, policy, TimeProvider.System);
        Random random = new(number);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(2048, pinned: true);
        MemoryPieces pieces = new(1);
        byte[] received = new byte[PacketHeader.MaxPacketLength];
        int judged = 0;
        long dropped = 0;
        for (int i = 0; i < s_packets / 4; i++)
        {
            Span<byte> packet = HostileFrames.Make(random, buffer);
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
        Assert.Null(wire.Forged);
        Assert.True(wire.Sent > judged / 3, $"Only {wire.Sent} of {judged} packets reached the wire.");
        Assert.Equal(judged, wire.Sent + dropped);
    }

    private static bool IsGuardedAgainst(byte[] packet)
    {
        FrameView frame = new(packet.AsSpan(PacketHeader.Size));
        return GuardFilter.IsFromDhcpServer(frame) || GuardFilter.IsFromRouter(frame);
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

    private static bool IsForGuest(FrameView frame) => frame.Destination == HostileFrames.Own || frame.Destination.IsMulticast;
}
