using System.Net;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

public sealed class SwitchPortTests : IDisposable
{
    private static readonly PortPolicy Strict = new() { Address = TestPacket.Mac(TestPacket.Own) };

    private readonly ManualTime _time = new();
    private readonly LoopbackPort _wire = new();
    private readonly SwitchPort _port;
    private readonly byte[] _buffer = new byte[PacketHeader.MaxPacketLength];

    public SwitchPortTests() => _port = new SwitchPort(_wire, Strict, _time);

    public void Dispose() => _port.Dispose();

    [Theory]
    [InlineData(TestPacket.Own, false, true)]
    [InlineData(TestPacket.Other, false, false)]
    [InlineData(TestPacket.Own, true, true)]
    [InlineData(TestPacket.Other, true, true)]
    [InlineData(TestPacket.Broadcast, true, false)]
    [InlineData("00:00:00:00:00:00", true, false)]
    public void Send_Source_MustBeTheAdaptersUnlessSpoofingIsOn(string source, bool spoofing, bool passes)
    {
        _port.Policy = Strict with { MacAddressSpoofing = spoofing };
        Assert.Equal(passes, Send(TestPacket.Make(source, TestPacket.Broadcast, 8, 0)) is not null);
        Assert.Equal(passes ? 0 : 1, _port.Counters[PortCounter.DroppedForeignSource]);
        Assert.Equal(passes ? 1 : 0, _port.Counters[PortCounter.SentPackets]);
        Assert.Equal(passes ? 60 : 0, _port.Counters[PortCounter.SentBytes]);
    }

    [Theory]
    [InlineData(TestPacket.Own, false, true)]
    [InlineData(TestPacket.Other, false, false)]
    [InlineData(TestPacket.Broadcast, false, true)]
    [InlineData("01:00:5e:00:00:01", false, true)]
    [InlineData(TestPacket.Other, true, true)]
    public void Receive_Destination_MustBeTheAdaptersUnlessSpoofingIsOn(string destination, bool spoofing, bool passes)
    {
        _port.Policy = Strict with { MacAddressSpoofing = spoofing };
        Assert.Equal(passes, Receive(TestPacket.Make(TestPacket.Other, destination, 8, 0)) is not null);
        Assert.Equal(passes ? 0 : 1, _port.Counters[PortCounter.DroppedForeignDestination]);
        Assert.Equal(passes ? 1 : 0, _port.Counters[PortCounter.ReceivedPackets]);
    }

    [Fact]
    public void Receive_ForeignPacketsBeforeAnOwnOne_AreSkipped()
    {
        _ = _wire.TrySend(0, TestPacket.Make(TestPacket.Other, TestPacket.Other, 8, 0));
        _ = _wire.TrySend(0, TestPacket.Make(TestPacket.Other, TestPacket.Other, 8, 0));
        byte[] own = TestPacket.Make(TestPacket.Other, TestPacket.Own, 8, 0);
        _ = _wire.TrySend(0, own);
        Assert.Equal(own, _port.Receive(0, _buffer).ToArray());
        Assert.Equal(2, _port.Counters[PortCounter.DroppedForeignDestination]);
    }

    [Fact]
    public void Access_Packets_HaveTheirTagOnTheWireOnly()
    {
        _port.Policy = Strict with { Vlan = PortVlan.Access(10) };
        byte[] plain = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0, 1, 2, 3);
        plain[0] = 1;
        plain[2] = 54;
        plain[6] = 34;
        byte[] tagged = Send([.. plain])!;
        Assert.Equal([0x81, 0, 0, 10, 8, 0, 1, 2, 3], tagged[24..33]);
        Assert.Equal((58, 38), (tagged[2], tagged[6]));
        Assert.Equal(plain.Length + 4, tagged.Length);
        Assert.Equal(60, _port.Counters[PortCounter.SentBytes]);
        Assert.Equal(plain, Receive(tagged));
    }

    [Theory]
    [InlineData(0, 0, true, true)]
    [InlineData(0, 7, false, false)]
    [InlineData(10, 0, true, false)]
    [InlineData(10, 10, false, true)]
    [InlineData(10, 7, false, false)]
    public void Vlan_OfAnUntaggedOrAccessPort_DecidesWhatPasses(int port, int tag, bool leaves, bool comesIn)
    {
        _port.Policy = Strict with { Vlan = port == 0 ? PortVlan.Untagged : PortVlan.Access(port) };
        Assert.Equal(leaves, Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, Type(tag))) is not null);
        Assert.Equal(comesIn, Receive(TestPacket.Make(TestPacket.Other, TestPacket.Broadcast, Type(tag))) is not null);
        Assert.Equal((leaves ? 0 : 1) + (comesIn ? 0 : 1), _port.Counters[PortCounter.DroppedVlan]);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(7, true)]
    [InlineData(9, false)]
    public void Trunk_TaggedPackets_PassWithTheirTagIfAllowed(int tag, bool passes)
    {
        _port.Policy = Strict with { Vlan = PortVlan.Trunk(20, [5, 7]) };
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, Type(tag));
        Assert.Equal(passes ? packet : null, Send([.. packet]));
        Assert.Equal(passes ? packet : null, Receive([.. packet]));
    }

    [Fact]
    public void Trunk_UntaggedPackets_AreOfTheNativeVlan()
    {
        _port.Policy = Strict with { Vlan = PortVlan.Trunk(20, [5]) };
        byte[] plain = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0);
        byte[] tagged = Send([.. plain])!;
        Assert.Equal([0x81, 0, 0, 20, 8, 0], tagged[24..30]);
        Assert.Equal(plain, Receive(tagged));
        Assert.Null(Receive(plain));
    }

    [Fact]
    public void Tag_ThatOnlyGivesAPriority_IsFilledIn()
    {
        _port.Policy = Strict with { Vlan = PortVlan.Access(10) };
        byte[] tagged = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 0x81, 0, 0xA0, 0, 8, 0))!;
        Assert.Equal([0x81, 0, 0xA0, 10, 8, 0], tagged[24..30]);
    }

    [Fact]
    public void ProvidersTags_NeverPass()
    {
        _port.Policy = Strict with { Vlan = PortVlan.Trunk(0, [1]) };
        Assert.Null(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 0x88, 0xA8, 0, 1, 8, 0)));
        Assert.Null(Receive(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 0x88, 0xA8, 0, 1, 8, 0)));
    }

    [Theory]
    [InlineData(67, 0, true)]
    [InlineData(68, 0, false)]
    [InlineData(67, 185, false)]
    public void DhcpGuard_AnswersOfServers_DoNotLeave(byte port, int fragment, bool isServer)
    {
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet4(17, (ushort)fragment, 0, port, 0, 68));
        byte[] inVlan = TestPacket.Make(
            TestPacket.Own, TestPacket.Broadcast, [0x81, 0, 0, 0, .. TestPacket.Internet4(17, (ushort)fragment, 0, port, 0, 68)]);
        Assert.NotNull(Send([.. packet]));
        _port.Policy = Strict with { DhcpGuard = true };
        Assert.Equal(!isServer, Send(packet) is not null);
        Assert.Equal(!isServer, Send(inVlan) is not null);
        Assert.Null(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(17, [], 2, 0x23, 2, 0x22))));
        Assert.Equal(isServer ? 3 : 1, _port.Counters[PortCounter.DroppedGuard]);
    }

    [Theory]
    [InlineData(134)]
    [InlineData(137)]
    public void RouterGuard_AdvertisementsAndRedirections_DoNotLeave(byte type)
    {
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(58, [], type, 0));
        Assert.NotNull(Send([.. packet]));
        _port.Policy = Strict with { RouterGuard = true };
        Assert.Null(Send(packet));
        Assert.Null(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet4(1, 0, 9, 0))));
        Assert.Null(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet4(1, 0, 5, 0))));
        Assert.NotNull(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(58, [], 135, 0))));
        Assert.NotNull(Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet4(1, 0, 8, 0))));
        Assert.Equal(3, _port.Counters[PortCounter.DroppedGuard]);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(100, false)]
    public void Guards_TransportBehindTheHeadOfALongFrame_DoesNotLeave(int extensionUnits, bool passes)
    {
        byte[] extension = [17, (byte)extensionUnits, .. new byte[(extensionUnits * 8) + 6]];
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(60, [], [.. extension, 2, 0x22, 2, 0x23, .. new byte[5000]]));
        Assert.Equal(packet, SendInParts(packet));
        _port.Policy = Strict with { DhcpGuard = true };
        Assert.Equal(passes ? packet : null, SendInParts(packet));
        _port.Policy = Strict with { RouterGuard = true };
        Assert.Equal(passes ? packet : null, SendInParts(packet));
        Assert.Equal(passes ? 0 : 2, _port.Counters[PortCounter.DroppedGuard]);
        Assert.Equal((packet.Length - PacketHeader.Size) * (passes ? 3 : 1), _port.Counters[PortCounter.SentBytes]);
    }

    [Fact]
    public void Access_LongPacketInParts_IsTaggedInItsHead()
    {
        _port.Policy = Strict with { Vlan = PortVlan.Access(10) };
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, [8, 0, .. Enumerable.Range(0, 5000).Select(i => (byte)i)]);
        byte[] tagged = SendInParts(packet)!;
        Assert.Equal([.. packet[..24], 0x81, 0, 0, 10, .. packet[24..]], tagged);
        Assert.Equal(packet, Receive(tagged));
    }

    [Fact]
    public void Addresses_InArpAndNeighbourDiscovery_AreLearned()
    {
        byte[] solicitor = [0xFE, 0x80, .. new byte[13], 9];
        byte[] target = [0xFE, 0x80, .. new byte[13], 8];
        _ = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Arp(192, 168, 100, 2)));
        _ = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Arp(0, 0, 0, 0)));
        _ = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(58, solicitor, [135, 0, 0, 0, 0, 0, 0, 0, .. new byte[15], 1])));
        _ = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Internet6(58, solicitor, [136, 0, 0, 0, 0, 0, 0, 0, .. target])));
        Assert.Equal([new IPAddress(target), new IPAddress(solicitor), IPAddress.Parse("192.168.100.2")], _port.Addresses);

        // What a nested machine has is not the adapter's.
        _port.Policy = Strict with { MacAddressSpoofing = true };
        _ = Send(TestPacket.Make(TestPacket.Other, TestPacket.Broadcast, TestPacket.Arp(10, 0, 0, 1)));
        Assert.Equal(3, _port.Addresses.Count);

        for (byte i = 1; i < 100; i++)
        {
            _ = Send(TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, TestPacket.Arp(10, 0, 0, i)));
        }

        Assert.Equal(16, _port.Addresses.Count);
        Assert.Equal(IPAddress.Parse("10.0.0.99"), _port.Addresses[0]);
        _port.Configure(NetworkOffloads.None, 1);
        Assert.Empty(_port.Addresses);
    }

    [Fact]
    public void MaximumBandwidth_Exceeded_PacketsWaitAndTheObserverIsTold()
    {
        using ManualResetEventSlim told = new();
        _port.SetObserver(told.Set);
        _port.Policy = Strict with { MaximumBandwidth = 80_000 };
        told.Reset();

        // A tenth of a second is 1,000 bytes; the packet that empties the bucket still passes.
        int sent = 0;
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0);
        while (_port.TrySend(0, packet))
        {
            sent++;
        }

        Assert.Equal(17, sent);
        _time.Advance(TimeSpan.FromMilliseconds(6));
        Assert.True(_port.TrySend(0, packet));
        Assert.False(_port.TrySend(0, packet));
        Assert.True(told.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(18, _port.Counters[PortCounter.SentPackets]);
        _port.Policy = Strict;
        Assert.True(_port.TrySend(0, packet));
    }

    private static byte[] Type(int tag) => tag == 0 ? [8, 0] : [0x81, 0, 0, (byte)tag, 8, 0];

    private byte[]? Send(byte[] packet)
    {
        Assert.True(_port.TrySend(0, packet));
        Span<byte> sent = _wire.Receive(0, _buffer);
        return sent.IsEmpty ? null : sent.ToArray();
    }

    private byte[]? SendInParts(byte[] packet)
    {
        byte[] memory = GC.AllocateUninitializedArray<byte>(packet.Length, pinned: true);
        packet.CopyTo(memory, 0);
        MemoryPieces rest = new(2);
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength, 1000)));
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength + 1000)));
        Assert.True(_port.TrySend(0, packet.AsSpan(0, PacketHeader.HeadLength).ToArray(), rest));
        Span<byte> sent = _wire.Receive(0, _buffer);
        return sent.IsEmpty ? null : sent.ToArray();
    }

    private byte[]? Receive(byte[] packet)
    {
        Assert.True(_wire.TrySend(0, packet));
        Span<byte> received = _port.Receive(0, _buffer);
        return received.IsEmpty ? null : received.ToArray();
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan by) => _now += by.Ticks;
    }
}
