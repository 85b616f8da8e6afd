using System.Buffers.Binary;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Networking;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioNetworkTests : IDisposable
{
    private const ulong Transmit = 0x3_0000;
    private const ulong Receive = 0x4_0000;
    private const int Header = 12;

    private readonly TestPc _pc = new();
    private readonly LoopbackPort _port = new();
    private GuestQueue? _receive;
    private GuestQueue? _transmit;

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Configuration_Unconnected_TellsAddressAndNoLink()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioNetwork(new UnconnectedPort(), [0, 0x15, 0x5D, 1, 2, 3])));
        byte[] data = new VirtioDriver(_pc, 1).ReadDeviceConfiguration(12);
        Assert.Equal([0, 0x15, 0x5D, 1, 2, 3, 0, 0], data[..8]);
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
    public void Frame_ImpossibleLength_Vanishes(uint length)
    {
        Start(mergeable: true);
        _transmit!.SetChain(0, new GuestBuffer(Transmit, Header + length, false));
        _transmit.Offer(0);
        _transmit.WaitUsed();
        Assert.False(_port.TryReceive(new byte[NetworkFrame.MaxLength], out _));
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
        VirtioDriver.WaitFor(() => !_port.TryReceive(new byte[NetworkFrame.MaxLength], out _), "the device to take the frame");
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

    private VirtioDriver Start(bool mergeable)
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioNetwork(_port, [2, 0, 0, 0, 0, 1])));
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate(mergeable ? ulong.MaxValue : ~(1UL << 15)));
        driver.EnableMsix();
        _receive = driver.CreateQueue(0, 0x1_0000, 64);
        _transmit = driver.CreateQueue(1, 0x1_4000, 64);
        driver.Start();

        // The driver asks for no interrupts; it polls.
        _ = _receive.RequestInterrupt(1 << 15);
        _ = _transmit.RequestInterrupt(1 << 15);
        return driver;
    }

    private byte[] Send(int length)
    {
        byte[] frame = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];
        Assert.True(_pc.Memory.TryWrite(Transmit, new byte[Header]));
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
