using System.Buffers.Binary;
using System.Net.Sockets;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

/// <summary>The port, and the test in passt's place at the other end of its socket.</summary>
public sealed class PasstPortTests : IDisposable
{
    private const int Bound = 30_000;

    private readonly SemaphoreSlim _told = new(0);
    private readonly byte[] _buffer = new byte[PacketHeader.MaxPacketLength];
    private readonly Socket _peer;
    private readonly PasstPort _port;
    private int _ends;

    public PasstPortTests()
    {
        string folder = Directory.CreateTempSubdirectory("nv-").FullName;
        string path = Path.Combine(folder, "s");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        StreamSocket socket = StreamSocket.Connect(path);
        _peer = listener.Accept();
        _peer.ReceiveTimeout = Bound;
        _peer.SendTimeout = Bound;
        Directory.Delete(folder, recursive: true);
        _port = new PasstPort(socket, connected: true, () => Interlocked.Increment(ref _ends));
        _port.SetObserver(() => _told.Release());
    }

    public void Dispose()
    {
        _port.Dispose();
        _peer.Dispose();
        _told.Dispose();
    }

    [Fact]
    public void Port_OfASocket_HasOneQueueAndNoOffloads()
    {
        Assert.True(_port.IsConnected);
        Assert.Equal(1, _port.QueueCount);
        Assert.Equal(NetworkOffloads.None, _port.Offloads);
        Assert.True(_port.Receive(0, _buffer).IsEmpty);
    }

    [Fact]
    public void Send_Packets_GoBehindTheirLengths()
    {
        byte[] first = Packet(60);
        byte[] second = Packet(NetworkFrame.MaxLength);

        Assert.True(_port.TrySend(0, (byte[])first.Clone()));
        Assert.True(_port.TrySend(0, (byte[])second.Clone()));

        Assert.Equal(first[PacketHeader.Size..], ReadFrame());
        Assert.Equal(second[PacketHeader.Size..], ReadFrame());
        Assert.Equal(0, _port.Refused);
    }

    [Fact]
    public void Send_LongPacketInPieces_GoesWhole()
    {
        byte[] packet = Packet(8000);
        byte[] memory = GC.AllocateUninitializedArray<byte>(packet.Length, pinned: true);
        packet.CopyTo(memory, 0);
        MemoryPieces rest = new(2);
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength, 4096)));
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength + 4096)));

        Assert.True(_port.TrySend(0, packet.AsSpan(0, PacketHeader.HeadLength), rest));

        Assert.Equal(memory[PacketHeader.Size..], ReadFrame());
    }

    [Fact]
    public void Send_WhileTheOtherEndReadsNothing_IsRefusedAndGoesOnWhereItWas()
    {
        List<byte[]> sent = [];
        byte[] next = Packet(1400, 0);
        while (_port.TrySend(0, (byte[])next.Clone()))
        {
            sent.Add(next);
            next = Packet(1400 + (sent.Count % 100), (byte)sent.Count);
            Assert.True(sent.Count < 100_000, "The socket takes without end.");
        }

        Assert.True(_port.IsConnected);
        int read = 0;
        while (!_port.TrySend(0, (byte[])next.Clone()))
        {
            // A frame that was begun is gone on with by itself, so that all that was taken can be read.
            while (read < sent.Count)
            {
                Assert.Equal(sent[read++][PacketHeader.Size..], ReadFrame());
            }

            Assert.True(_told.Wait(Bound, TestContext.Current.CancellationToken), "Nobody was told that there is room.");
        }

        for (; read < sent.Count; read++)
        {
            Assert.Equal(sent[read][PacketHeader.Size..], ReadFrame());
        }

        Assert.Equal(next[PacketHeader.Size..], ReadFrame());
    }

    // The room that is left is of another size each time, so that the socket cuts the frames anywhere.
    [Theory]
    [InlineData(60)]
    [InlineData(333)]
    [InlineData(9022)]
    public void Send_BehindAFullSocket_LosesAndMixesNoBytes(int length)
    {
        Random random = new(length);
        Queue<byte[]> expected = new();
        for (int i = 0; i < 3000; i++)
        {
            byte[] packet = Packet(length, (byte)i);
            while (!_port.TrySend(0, (byte[])packet.Clone()))
            {
                for (int reads = random.Next(1, expected.Count + 1); reads > 0; reads--)
                {
                    Assert.Equal(expected.Dequeue(), ReadFrame());
                }
            }

            expected.Enqueue(packet[PacketHeader.Size..]);
        }

        foreach (byte[] frame in expected)
        {
            Assert.Equal(frame, ReadFrame());
        }
    }

    [Fact]
    public void Send_ImpossiblyLong_IsCountedAndTheStreamGoesOn()
    {
        MemoryPieces rest = new(1);
        byte[] memory = GC.AllocateUninitializedArray<byte>(70_000, pinned: true);
        Assert.True(rest.TryAdd(memory));
        Assert.True(_port.TrySend(0, Packet(100), rest));
        Assert.Equal(1, _port.Refused);

        byte[] packet = Packet(60);
        Assert.True(_port.TrySend(0, (byte[])packet.Clone()));
        Assert.Equal(packet[PacketHeader.Size..], ReadFrame());
    }

    [Fact]
    public void Receive_StreamCutAnywhere_GivesTheSameFrames()
    {
        byte[][] frames = [Frame(60, 1), Frame(14, 2), Frame(100, 3)];
        byte[] stream = [.. frames.SelectMany(Record)];
        for (int first = 0; first <= stream.Length; first++)
        {
            int second = first + ((stream.Length - first) / 2);
            List<byte[]> received = [];
            foreach (byte[] part in (byte[][])[stream[..first], stream[first..second], stream[second..]])
            {
                _ = _peer.Send(part);
                while (_port.Receive(0, _buffer) is { IsEmpty: false } packet)
                {
                    Assert.Equal(new byte[PacketHeader.Size], packet[..PacketHeader.Size].ToArray());
                    received.Add(packet[PacketHeader.Size..].ToArray());
                }
            }

            Assert.Equal(frames, received);
        }
    }

    [Fact]
    public void Receive_LongestFrames_ArriveWhole()
    {
        byte[] frame = Frame(NetworkFrame.MaxUnsegmentedLength, 1);
        for (int i = 0; i < 20; i++)
        {
            _ = _peer.Send(Record(frame));
            Assert.Equal(frame, Next());
        }
    }

    [Fact]
    public void Receive_FramesThatAreNone_AreCountedAndSkipped()
    {
        byte[] frame = Frame(60, 1);

        _ = _peer.Send([.. Record([]), .. Record(new byte[NetworkFrame.MinLength - 1]), .. Record(frame)]);

        Assert.Equal(frame, Next());
        Assert.Equal(2, _port.Refused);
        Assert.True(_port.IsConnected);
    }

    [Theory]
    [InlineData(NetworkFrame.MaxUnsegmentedLength + 1u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void Receive_ImpossibleLength_EndsTheConnection(uint length)
    {
        byte[] frame = Frame(60, 1);
        byte[] header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);

        _ = _peer.Send([.. Record(frame), .. header, .. Record(frame)]);

        Assert.Equal(frame, Next());
        Assert.True(_port.Receive(0, _buffer).IsEmpty);
        CheckEnded();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Port_WhosePeerCloses_IsUnpluggedForGoodAndTellsOnce(bool inAFrame)
    {
        if (inAFrame)
        {
            _ = _peer.Send(Record(Frame(60, 1))[..20]);
        }

        _peer.Dispose();

        Assert.True(_told.Wait(Bound, TestContext.Current.CancellationToken), "The end of the connection is not told.");
        CheckEnded();
        _port.IsConnected = true;
        CheckEnded();
    }

    [Fact]
    public void Port_WhosePeerClosesWhileASendWaits_TakesAndDropsWhatIsSent()
    {
        while (_port.TrySend(0, Packet(1400)))
        {
        }

        _peer.Dispose();
        Assert.True(SpinWait.SpinUntil(() => !_port.IsConnected, Bound));
        CheckEnded();
    }

    [Fact]
    public void Port_Unplugged_CarriesNothing()
    {
        _port.IsConnected = false;
        Assert.True(_told.Wait(0, TestContext.Current.CancellationToken));
        Assert.True(_port.TrySend(0, Packet(60)));
        Assert.Equal(0, _peer.Available);
        _ = _peer.Send(Record(Frame(60, 1)));
        Assert.True(_port.Receive(0, _buffer).IsEmpty);

        _port.IsConnected = true;

        byte[] frame = Frame(60, 2);
        _ = _peer.Send(Record(frame));
        Assert.Equal(frame, Next());
        Assert.Equal(0, _ends);
    }

    [Fact]
    public void SwitchPort_BeforeTheSocket_HoldsItsPolicy()
    {
        using SwitchPort port = new(_port, new PortPolicy { Address = TestPacket.Mac(TestPacket.Own) }, TimeProvider.System);
        byte[] own = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0);

        Assert.True(port.TrySend(0, TestPacket.Make(TestPacket.Other, TestPacket.Broadcast, 8, 0)));
        Assert.True(port.TrySend(0, (byte[])own.Clone()));

        Assert.Equal(own[PacketHeader.Size..], ReadFrame());
        Assert.Equal(1, port.Counters[PortCounter.DroppedForeignSource]);
    }

    [Fact]
    public void SwitchPort_BeforeAFullSocket_CountsAndLimitsWhatWasTakenAlone()
    {
        using SwitchPort port = new(_port, new PortPolicy { Address = TestPacket.Mac(TestPacket.Own), MaximumBandwidth = 1L << 50 }, TimeProvider.System);
        byte[] own = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0);
        int taken = 0;
        while (port.TrySend(0, (byte[])own.Clone()))
        {
            taken++;
        }

        Assert.False(port.TrySend(0, (byte[])own.Clone()));
        Assert.Equal(taken, port.Counters[PortCounter.SentPackets]);
        for (int i = 0; i < taken; i++)
        {
            Assert.Equal(own[PacketHeader.Size..], ReadFrame());
        }

        Assert.Equal(0, _peer.Available);
    }

    private void CheckEnded()
    {
        Assert.False(_port.IsConnected);
        Assert.Equal(1, _ends);
        Assert.True(_port.TrySend(0, Packet(60)));
        Assert.True(_port.Receive(0, _buffer).IsEmpty);
    }

    private byte[] Next()
    {
        byte[] frame = [];
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    Span<byte> packet = _port.Receive(0, _buffer);
                    frame = packet.IsEmpty ? [] : packet[PacketHeader.Size..].ToArray();
                    return !packet.IsEmpty;
                },
                Bound),
            "Waited in vain for a frame.");
        return frame;
    }

    private byte[] ReadFrame() => Read((int)BinaryPrimitives.ReadUInt32BigEndian(Read(4)));

    private byte[] Read(int length)
    {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;)
        {
            int count = _peer.Receive(bytes.AsSpan(done));
            Assert.NotEqual(0, count);
            done += count;
        }

        return bytes;
    }

    private static byte[] Record(byte[] frame)
    {
        byte[] record = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(record, frame.Length);
        frame.CopyTo(record, 4);
        return record;
    }

    private static byte[] Frame(int length, byte seed)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        return frame;
    }

    private static byte[] Packet(int frameLength, byte seed = 1) => [.. new byte[PacketHeader.Size], .. Frame(frameLength, seed)];
}
