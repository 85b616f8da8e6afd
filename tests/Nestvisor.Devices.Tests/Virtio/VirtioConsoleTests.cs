using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioConsoleTests : IDisposable
{
    private const ulong Data = 0x3_0000;

    private readonly TestPc _pc = new();
    private readonly RecordingBackend _backend = new();
    private readonly GuestQueue _receive;
    private readonly GuestQueue _transmit;

    public VirtioConsoleTests()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioConsole(_backend)));
        VirtioDriver driver = new(_pc, 1);
        Assert.True(driver.Negotiate());
        _receive = driver.CreateQueue(0, 0x1_0000, 64);
        _transmit = driver.CreateQueue(1, 0x1_4000, 64);
        driver.Start();
    }

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Transmit_LongScatteredText_ReachesTheHost()
    {
        byte[] text = [.. Enumerable.Range(0, 1500).Select(i => (byte)i)];
        Assert.True(_pc.Memory.TryWrite(Data, text));
        _transmit.SetChain(0, new GuestBuffer(Data, 3, false), new GuestBuffer(Data + 3, 1497, false));
        _transmit.Offer(0);
        Assert.Equal((0u, 0u), _transmit.WaitUsed());
        Assert.Equal(text, _backend.Written);
    }

    [Fact]
    public void Receive_TypedBeforeAndAfterTheBuffers_ArrivesInOrder()
    {
        _backend.Type(1, 2, 3);
        _receive.SetChain(0, new GuestBuffer(Data, 2, true));
        _receive.SetChain(1, new GuestBuffer(Data + 16, 16, true));
        _receive.Offer(0);
        Assert.Equal((0u, 2u), _receive.WaitUsed());
        _receive.Offer(1);
        Assert.Equal((1u, 1u), _receive.WaitUsed());
        _receive.SetChain(0, new GuestBuffer(Data + 32, 16, true));
        _receive.Offer(0);
        _backend.Type(4, 5);
        (_, uint written) = _receive.WaitUsed();
        Assert.InRange(written, 1u, 2u);
        byte[] data = new byte[1];
        Assert.True(_pc.Memory.TryRead(Data + 1, data));
        Assert.Equal(2, data[0]);
        Assert.True(_pc.Memory.TryRead(Data + 16, data));
        Assert.Equal(3, data[0]);
        Assert.True(_pc.Memory.TryRead(Data + 32, data));
        Assert.Equal(4, data[0]);
    }

    [Fact]
    public void Receive_ReadableBuffer_IsReturnedEmpty()
    {
        _backend.Type(1);
        _receive.SetChain(0, new GuestBuffer(Data, 2, false));
        _receive.Offer(0);
        Assert.Equal((0u, 0u), _receive.WaitUsed());
    }

    [Fact]
    public void Save_Restore_KeepsWaitingBuffers()
    {
        _receive.SetChain(0, new GuestBuffer(Data, 2, true));
        _receive.Offer(0);
        _pc.Pci.Functions[1].Pause();
        StateWriter writer = new();
        _pc.Pci.Functions[1].Save(writer);
        _pc.Pci.Functions[1].Reset();
        _pc.Pci.Functions[1].Restore(new StateReader(writer.Written));
        _pc.Pci.Functions[1].Resume();
        _backend.Type(9);
        Assert.Equal((0u, 1u), _receive.WaitUsed());
    }
}
