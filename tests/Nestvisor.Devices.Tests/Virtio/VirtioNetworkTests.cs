using System.Buffers.Binary;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking.Packets;
using Nestvisor.Networking.Ports;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioNetworkTests : IDisposable
{
    private const ulong Transmit = 0x3_0000;
    private const ulong Receive = 0x6_0000;
    private const int Header = 12;

    private readonly TestPc _pc = new();
    private readonly LoopbackPort _port = new();
    private GuestQueue? _receive;
    private GuestQueue? _transmit;
    private GuestQueue? _control;

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Configuration_Unconnected_TellsAddressAndNoLink()
    {
        Add(new UnconnectedPort());
        byte[] data = new VirtioDriver(_pc, 1).ReadDeviceConfiguration(12);
        Assert.Equal([0, 0x15, 0x5D, 1, 2, 3, 0, 0, 1, 0], data[..10]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frame_SentIntoLoopback_ComesBackUnchanged(bool mergeable)
    {
        Start(mergeable);
        OfferReceive(0, 2048);
        byte[] frame = Send(1514);
        Assert.Equal((0u, 1526u), _receive!.WaitUsed());
        byte[] back = new byte[1526];
        Assert.True(_pc.Memory.TryRead(Receive, back));
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(back.AsSpan(10)));
        Assert.Equal(frame, back[Header..]);
    }

    [Fact]
    public void Frame_LargerThanABuffer_IsSpreadOverSeveral()
    {
        Start(mergeable: true);
        OfferReceive(0, 1024);
        byte[] frame = Send(2500);

        // One buffer is too few: nothing is shown before the others are there.
        OfferReceive(1, 1024);
        OfferReceive(2, 1024);
        Assert.Equal((0u, 1024u), _receive!.WaitUsed());
        Assert.Equal((1u, 1024u), _receive.WaitUsed());
        Assert.Equal((2u, 464u), _receive.WaitUsed());
        byte[] back = new byte[2512];
        Assert.True(_pc.Memory.TryRead(Receive, back.AsSpan(0, 1024)));
        Assert.True(_pc.Memory.TryRead(Receive + 0x1000, back.AsSpan(1024, 1024)));
        Assert.True(_pc.Memory.TryRead(Receive + 0x2000, back.AsSpan(2048, 464)));
        Assert.Equal(3, BinaryPrimitives.ReadUInt16LittleEndian(back.AsSpan(10)));
        Assert.Equal(frame, back[Header..]);
    }

    [Fact]
    public void Frame_LargerThanAnUnmergeableBuffer_IsDropped()
    {
        Start(mergeable: false);
        OfferReceive(0, 1024);
        Send(1514);
        byte[] second = Send(100);
        Assert.Equal((0u, 112u), _receive!.WaitUsed());
        byte[] back = new byte[112];
        Assert.True(_pc.Memory.TryRead(Receive, back));
        Assert.Equal(second, back[Header..]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(13u)]
    [InlineData((uint)NetworkFrame.MaxLength + 1)]
    [InlineData((uint)NetworkFrame.MaxUnsegmentedLength + 1)]
    [InlineData(100_000u)]
    public void Frame_ImpossibleLength_Vanishes(uint length)
    {
        Start(mergeable: true);
        _transmit!.SetChain(0, new GuestBuffer(Transmit, Header + length, false));
        _transmit.Offer(0);
        _transmit.WaitUsed();
        Assert.True(_port.Receive(0, new byte[PacketHeader.MaxPacketLength]).IsEmpty);
    }

    [Fact]
    public void Link_Unplugged_InterruptsForTheConfiguration()
    {
        VirtioDriver driver = Start(mergeable: true);
        ulong generation = driver.Read(VirtioCommon.ConfigurationGeneration, 1);
        _port.IsConnected = false;
        VirtioDriver.WaitFor(() => !_pc.Partition.Messages.IsEmpty, "the configuration interrupt");
        Assert.Equal((uint)VirtioDriver.Vector, Assert.Single(_pc.Partition.Messages).Data);
        Assert.Equal(0, driver.ReadDeviceConfiguration(12)[6]);
        Assert.NotEqual(generation, driver.Read(VirtioCommon.ConfigurationGeneration, 1));
    }

    [Fact]
    public void Save_FrameWaitsForBuffers_ArrivesAfterRestore()
    {
        Start(mergeable: true);
        byte[] frame = Send(600);
        OfferReceive(0, 512);
        VirtioDriver.WaitFor(() => _port.Receive(0, new byte[PacketHeader.MaxPacketLength]).IsEmpty, "the device to take the frame");
        _pc.Pci.Functions[1].Pause();
        StateWriter writer = new();
        _pc.Pci.Functions[1].Save(writer);
        _pc.Pci.Functions[1].Reset();
        _pc.Pci.Functions[1].Restore(new StateReader(writer.Written));
        _pc.Pci.Functions[1].Resume();
        OfferReceive(1, 512);
        Assert.Equal((0u, 512u), _receive!.WaitUsed());
        Assert.Equal((1u, 100u), _receive.WaitUsed());
        byte[] back = new byte[500];
        Assert.True(_pc.Memory.TryRead(Receive + Header, back));
        Assert.Equal(frame[..500], back);
    }

    [Fact]
    public void Offloads_Negotiated_ThePortIsTold()
    {
        Start(mergeable: true);
        Assert.Equal(NetworkOffloads.All, _port.Accepted);
        Assert.Equal(1, _port.ActiveQueues);
    }

    [Fact]
    public void Packet_ToBeSegmented_PassesWithItsHeader()
    {
        Start(mergeable: true);
        for (ushort i = 0; i < 16; i++)
        {
            OfferReceive(i, 4096);
        }

        byte[] header = [1, 1, 54, 0, 0xB4, 5, 34, 0, 16, 0, 0, 0];
        byte[] frame = Send(60_000, header);
        byte[] back = new byte[16 * 4096];
        int received = 0;
        int buffers = 0;
        while (received < Header + frame.Length)
        {
            received += (int)_receive!.WaitUsed().Written;
            buffers++;
        }

        Assert.True(_pc.Memory.TryRead(Receive, back));
        Assert.Equal(buffers, BinaryPrimitives.ReadUInt16LittleEndian(back.AsSpan(10)));
        Assert.Equal(header[..10], back[..10]);
        Assert.Equal(frame, back[Header..received]);
    }

    [Theory]
    [InlineData(9000, 1)]
    [InlineData(300, 30)]
    [InlineData(200, 45)]
    [InlineData(12, 60)]
    public void Frame_LongOfSeveralBuffers_ComesBackUnchanged(int bytes, int buffers)
    {
        Start(mergeable: true);
        OfferReceive(0, 4096);
        OfferReceive(1, 4096);
        OfferReceive(2, 4096);
        byte[] frame = [.. Enumerable.Range(0, bytes * buffers).Select(i => (byte)(i * 3))];
        Assert.True(_pc.Memory.TryWrite(Transmit, new byte[Header]));
        Assert.True(_pc.Memory.TryWrite(Transmit + Header, frame));
        GuestBuffer[] chain =
        [
            new GuestBuffer(Transmit, Header, false),
            .. Enumerable.Range(0, buffers).Select(i => new GuestBuffer(Transmit + Header + (ulong)(i * bytes), (uint)bytes, false)),
        ];
        _transmit!.SetChain(0, chain);
        _transmit.Offer(0);
        _ = _transmit.WaitUsed();
        byte[] back = new byte[3 * 4096];
        int received = 0;
        while (received < Header + frame.Length)
        {
            received += (int)_receive!.WaitUsed().Written;
        }

        Assert.True(_pc.Memory.TryRead(Receive, back));
        Assert.Equal(frame, back[Header..received]);
    }

    [Fact]
    public void Packet_WithAChecksumToMakeThatWasNotNegotiated_Vanishes()
    {
        Start(mergeable: true, without: 1);
        OfferReceive(0, 4096);
        Send(100, [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0]);
        Send(200);
        Assert.Equal((0u, 212u), _receive!.WaitUsed());
    }

    [Fact]
    public void Header_DriverWithoutChecksums_IsEmptyWhateverThePortSays()
    {
        Start(mergeable: true, without: 2);
        OfferReceive(0, 4096);
        Send(100, [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 0, 0]);
        Assert.Equal((0u, 112u), _receive!.WaitUsed());
        byte[] header = new byte[Header];
        Assert.True(_pc.Memory.TryRead(Receive, header));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], header);
    }

    [Fact]
    public void Pairs_SetByTheDriver_CarryPacketsEachByItself()
    {
        using LoopbackPort port = new(queues: 4);
        Add(port);
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate());
        Assert.Equal(4, BinaryPrimitives.ReadUInt16LittleEndian(driver.ReadDeviceConfiguration(12).AsSpan(8)));
        driver.EnableMsix();
        GuestQueue[] queues = [.. Enumerable.Range(0, 9).Select(i => driver.CreateQueue(i, 0x1_0000 + (0x1000 * (ulong)i), 16))];
        driver.Start();
        foreach (GuestQueue queue in queues)
        {
            _ = queue.RequestInterrupt(1 << 15);
        }

        Assert.Equal(1, SetPairs(queues[8], 5));
        Assert.Equal(1, SetPairs(queues[8], 0));
        Assert.Equal(0, SetPairs(queues[8], 3));
        Assert.Equal(3, port.ActiveQueues);
        for (int pair = 0; pair < 3; pair++)
        {
            (_receive, _transmit) = (queues[2 * pair], queues[(2 * pair) + 1]);
            OfferReceive(0, 2048);
            byte[] frame = Send(100 + pair);
            Assert.Equal((0u, 112u + (uint)pair), _receive.WaitUsed());
            byte[] back = new byte[frame.Length];
            Assert.True(_pc.Memory.TryRead(Receive + Header, back));
            Assert.Equal(frame, back);
        }
    }

    [Fact]
    public void ControlQueue_DriverOfOnePair_FollowsThatPair()
    {
        using LoopbackPort port = new(queues: 4);
        Add(port);
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate(~(1UL << 22)));
        GuestQueue control = driver.CreateQueue(2, 0x1_0000, 16);
        driver.Start();
        Assert.Equal(1, SetPairs(control, 2));
        Assert.Equal(1, port.ActiveQueues);
    }

    [Fact]
    public void ControlQueue_CommandWithoutRoomForTheAnswer_BreaksTheDevice()
    {
        VirtioDriver driver = Start(mergeable: true);
        GuestQueue control = _control!;
        control.SetChain(0, new GuestBuffer(Transmit, 4, false));
        control.Offer(0);
        driver.WaitForNeedsReset();
    }

    private void Add(INetworkPort port) =>
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioNetwork(port, MacAddress.Read([0, 0x15, 0x5D, 1, 2, 3]))));

    private byte SetPairs(GuestQueue control, ushort pairs)
    {
        Assert.True(_pc.Memory.TryWrite(Transmit, [4, 0, (byte)pairs, 0, 0xFF]));
        control.SetChain(0, new GuestBuffer(Transmit, 4, false), new GuestBuffer(Transmit + 4, 1, true));
        control.Offer(0);
        Assert.Equal((0u, 1u), control.WaitUsed());
        byte[] answer = new byte[1];
        Assert.True(_pc.Memory.TryRead(Transmit + 4, answer));
        return answer[0];
    }

    private VirtioDriver Start(bool mergeable, ulong without = 0)
    {
        Add(_port);
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate((mergeable ? ulong.MaxValue : ~(1UL << 15)) & ~without));
        driver.EnableMsix();
        _receive = driver.CreateQueue(0, 0x1_0000, 64);
        _transmit = driver.CreateQueue(1, 0x1_4000, 64);
        _control = driver.CreateQueue(2, 0x1_8000, 16);
        driver.Start();

        // The driver asks for no interrupts; it polls.
        _ = _receive.RequestInterrupt(1 << 15);
        _ = _transmit.RequestInterrupt(1 << 15);
        return driver;
    }

    private byte[] Send(int length, byte[]? header = null)
    {
        byte[] frame = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];
        Assert.True(_pc.Memory.TryWrite(Transmit, header ?? new byte[Header]));
        Assert.True(_pc.Memory.TryWrite(Transmit + Header, frame));
        _transmit!.SetChain(0, new GuestBuffer(Transmit, Header, false), new GuestBuffer(Transmit + Header, (uint)length, false));
        _transmit.Offer(0);
        _transmit.WaitUsed();
        return frame;
    }

    private void OfferReceive(ushort slot, uint length)
    {
        _receive!.SetChain(slot, new GuestBuffer(Receive + (slot * 0x1000UL), length, true));
        _receive.Offer(slot);
    }
}
