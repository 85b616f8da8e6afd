using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Policy;
using Nestvisor.Networking.Ports;
using Nestvisor.Platform;

namespace Nestvisor.Networking.Tests.Ports;

public sealed class TapPortTests
{
    private readonly byte[] _buffer = new byte[PacketHeader.MaxPacketLength];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Port_AsksTheKernelForItsAddress_GetsTheAnswer(int queues) => NetworkNamespace.Run(() =>
    {
        using TapPort port = Open(queues);
        port.Configure(NetworkOffloads.All, queues);
        Assert.Equal("02:00:00:00:00:09", ResolveHost(port));
        Assert.Equal(0, port.Refused);
    });

    [Fact]
    public void Port_OneQueueInUse_GetsAllAnswers() => NetworkNamespace.Run(() =>
    {
        using TapPort port = Open(3);
        for (int active = 3; active >= 1; active--)
        {
            port.Configure(NetworkOffloads.None, active);
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("02:00:00:00:00:09", ResolveHost(port));
        }

        Assert.True(port.Receive(1, _buffer).IsEmpty);
        Assert.True(port.Receive(2, _buffer).IsEmpty);
    });

    [Fact]
    public void Port_PacketThatTheKernelFindsMalformed_IsCounted() => NetworkNamespace.Run(() =>
    {
        using TapPort port = Open(1);
        byte[] packet = TestPacket.Make(TestPacket.Own, TestPacket.Broadcast, 8, 0);
        packet[1] = 0x7F;
        Assert.True(port.TrySend(0, packet));
        Assert.Equal(1, port.Refused);
    });

    [Fact]
    public void Port_LongFrameInPieces_ReachesTheKernelWhole() => NetworkNamespace.Run(() =>
    {
        using TapPort port = Open(1);
        _ = NetworkNamespace.Ip("link", "set", "dev", "tap0", "mtu", "9000");
        _ = NetworkNamespace.Ip("neighbour", "replace", "10.9.0.2", "lladdr", TestPacket.Own, "dev", "tap0");
        Assert.Equal("02:00:00:00:00:09", ResolveHost(port));
        byte[] packet = EchoRequest(8000);
        byte[] memory = GC.AllocateUninitializedArray<byte>(packet.Length, pinned: true);
        packet.CopyTo(memory, 0);
        MemoryPieces rest = new(2);
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength, 4096)));
        Assert.True(rest.TryAdd(memory.AsSpan(PacketHeader.HeadLength + 4096)));

        Assert.True(port.TrySend(0, packet.AsSpan(0, PacketHeader.HeadLength), rest));

        Assert.Equal(0, port.Refused);
        Assert.True(
            SpinWait.SpinUntil(() => port.Receive(0, _buffer) is { IsEmpty: false } received && received.Length == packet.Length, TimeSpan.FromSeconds(20)),
            "Waited in vain for the kernel's echo.");
        Span<byte> answer = _buffer.AsSpan(0, packet.Length);
        Assert.Equal(packet[^8000..], answer[^8000..].ToArray());
    });

    [Fact]
    public void Port_Unplugged_CarriesNothing() => NetworkNamespace.Run(() =>
    {
        using TapPort port = Open(1);
        bool told = false;
        port.SetObserver(() => told = true);
        port.IsConnected = false;
        Assert.True(told);
        _ = port.TrySend(0, Request());
        port.IsConnected = true;
        Assert.Null(ReadAnswer(port));
        Assert.Equal("02:00:00:00:00:09", ResolveHost(port));
    });

    [Fact]
    public void SwitchPort_WithSpoofingOff_KeepsForgedFramesFromTheKernel() => NetworkNamespace.Run(() =>
    {
        using SwitchPort port = new(Open(1), new PortPolicy { Address = TestPacket.Mac(TestPacket.Own) }, TimeProvider.System);
        Assert.Equal("02:00:00:00:00:09", ResolveHost(port));
        byte[] forged = Request();
        TestPacket.Mac(TestPacket.Other).CopyTo(forged.AsSpan(PacketHeader.Size + MacAddress.Length));
        _ = port.TrySend(0, forged);
        Assert.Null(ReadAnswer(port));
        Assert.Equal(1, port.Counters[PortCounter.DroppedForeignSource]);
    });

    [Fact]
    public void Open_InterfaceThatIsNoTap_IsRefused() => NetworkNamespace.Run(() =>
    {
        Win32Exception error = Assert.Throws<Win32Exception>(() => TapDevice.Open("lo", 1));
        Assert.Contains("'lo'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TapDevice.Open("sixteencharacter", 1));
    });

    private static TapPort Open(int queues)
    {
        _ = NetworkNamespace.Ip("tuntap", "add", "dev", "tap0", "mode", "tap", "multi_queue", "vnet_hdr");
        _ = NetworkNamespace.Ip("link", "set", "dev", "tap0", "address", "02:00:00:00:00:09", "up");
        _ = NetworkNamespace.Ip("address", "add", "10.9.0.1/24", "dev", "tap0");
        return new TapPort(TapDevice.Open("tap0", queues), connected: true);
    }

    // Who has 10.9.0.1?
    private static byte[] Request() => TestPacket.Make(
        TestPacket.Own, TestPacket.Broadcast,
        8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0, 0x15, 0x5D, 0, 0, 1, 10, 9, 0, 2, 0, 0, 0, 0, 0, 0, 10, 9, 0, 1);

    private static byte[] EchoRequest(int bytes)
    {
        byte[] message = [8, 0, 0, 0, 0, 1, 0, 1, .. Enumerable.Range(0, bytes).Select(i => (byte)(i * 7))];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Sum(message));
        byte[] header = [0x45, 0, 0, 0, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + message.Length));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Sum(header));
        return TestPacket.Make(TestPacket.Own, "02:00:00:00:00:09", [8, 0, .. header, .. message]);
    }

    // RFC 1071.
    private static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~((sum & 0xFFFF) + (sum >> 16));
    }

    private string ResolveHost(INetworkPort port)
    {
        // An interface that has just come up loses what it sends before the kernel has noticed its carrier; others ask again as well.
        Stopwatch watch = Stopwatch.StartNew();
        Assert.True(port.TrySend(0, Request()));
        while (true)
        {
            if (ReadAnswer(port) is { } answer)
            {
                return answer;
            }

            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "Waited in vain for the kernel's answer.");
            Thread.Yield();
            Assert.True(port.TrySend(0, Request()));
        }
    }

    private string? ReadAnswer(INetworkPort port)
    {
        for (int i = 0; i < port.QueueCount; i++)
        {
            while (port.Receive(i, _buffer) is { IsEmpty: false } packet)
            {
                FrameView frame = new(packet[PacketHeader.Size..]);
                if (frame.GetPayload(out ushort type) is var payload && type == 0x0806 && frame.ReadUInt16(payload + 6) == 2)
                {
                    return MacAddress.Read(frame.Slice(payload + 8, MacAddress.Length)).ToString();
                }
            }
        }

        return null;
    }
}
