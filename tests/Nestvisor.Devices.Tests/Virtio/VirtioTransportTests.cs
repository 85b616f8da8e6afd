using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Virtio;

namespace Nestvisor.Devices.Tests.Virtio;

public sealed class VirtioTransportTests : IDisposable
{
    private const ulong Rings = 0x1_0000;
    private const ulong Data = 0x3_0000;

    private readonly TestPc _pc = new();
    private readonly VirtioDriver _driver;

    public VirtioTransportTests()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioEntropy()));
        _driver = new VirtioDriver(_pc, 1);
    }

    public void Dispose() => _pc.Dispose();

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeature.RingEventIndex)]
    [InlineData(VirtioFeature.Version1 | (1UL << 63))]
    [InlineData(VirtioFeature.Version1 | (1UL << 33))]
    public void FeaturesOk_NotOfferedOrNotVersion1_IsRefused(ulong features)
    {
        Assert.False(_driver.Negotiate(features, exactly: true));
        _driver.Start();
        Assert.Equal(0, _driver.Status & VirtioStatus.DriverOk);
    }

    [Fact]
    public void DriverFeature_AfterFeaturesOk_DoesNotChange()
    {
        Assert.True(_driver.Negotiate());
        _driver.Write(VirtioCommon.DriverFeatureSelect, 4, 1);
        _driver.Write(VirtioCommon.DriverFeature, 4, 0);
        Assert.Equal(1UL, _driver.Read(VirtioCommon.DriverFeature, 4));
    }

    [Fact]
    public void Status_BitTakenAway_StaysUntilReset()
    {
        Assert.True(_driver.Negotiate());
        _driver.Write(VirtioCommon.DeviceStatus, 1, VirtioStatus.Acknowledge);
        Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver | VirtioStatus.FeaturesOk, _driver.Status);
        _driver.Write(VirtioCommon.DeviceStatus, 1, 0);
        Assert.Equal(0, _driver.Status);
    }

    [Fact]
    public void QueueSelect_NoSuchQueue_ReadsSizeZero()
    {
        _driver.Write(VirtioCommon.QueueSelect, 2, 1);
        Assert.Equal(0UL, _driver.Read(VirtioCommon.QueueSize, 2));
        _driver.Write(VirtioCommon.QueueSize, 2, 8);
        _driver.Write(VirtioCommon.QueueEnable, 2, 1);
        Assert.Equal(0UL, _driver.Read(VirtioCommon.QueueEnable, 2));
    }

    [Fact]
    public void Vector_BeyondTheTable_ReadsBackNoVector()
    {
        _driver.Write(VirtioCommon.ConfigurationVector, 2, 1);
        Assert.Equal(1UL, _driver.Read(VirtioCommon.ConfigurationVector, 2));
        _driver.Write(VirtioCommon.ConfigurationVector, 2, 2);
        Assert.Equal(0xFFFFUL, _driver.Read(VirtioCommon.ConfigurationVector, 2));
    }

    [Fact]
    public void Request_WithoutMsix_UsesTheLineUntilIsrIsRead()
    {
        int gsi = IInterruptRouter.GetPciGsi(1, 1);
        GuestQueue queue = Start(msix: false);
        Draw(queue);
        VirtioDriver.WaitFor(() => _pc.Interrupts.IsAsserted(gsi), "the line");
        Assert.Equal(8u, _pc.ReadConfiguration(1, 6, 2) & 8);
        _pc.WriteConfiguration(1, 4, 0x0406, 2);
        Assert.False(_pc.Interrupts.IsAsserted(gsi));
        _pc.WriteConfiguration(1, 4, 0x0006, 2);
        Assert.True(_pc.Interrupts.IsAsserted(gsi));
        Assert.Equal(1, _driver.ReadIsr());
        Assert.False(_pc.Interrupts.IsAsserted(gsi));
        Assert.Equal(0, _driver.ReadIsr());
        Assert.Equal(0u, _pc.ReadConfiguration(1, 6, 2) & 8);
    }

    [Fact]
    public void Request_WithMsix_SendsTheQueuesVector()
    {
        GuestQueue queue = Start(msix: true);
        Draw(queue);
        VirtioDriver.WaitFor(() => !_pc.Partition.Messages.IsEmpty, "the message");
        Assert.Equal(VirtioDriver.Vector + 1u, Assert.Single(_pc.Partition.Messages).Data);
        Assert.Equal(0, _driver.ReadIsr());
        Assert.False(_pc.Interrupts.IsAsserted(IInterruptRouter.GetPciGsi(1, 1)));
    }

    [Fact]
    public void Request_DriverWantsNoInterrupt_SendsNone()
    {
        GuestQueue queue = Start(msix: true, VirtioFeature.Version1);
        Assert.True(_pc.Memory.TryWrite(queue.Available, [1, 0]));
        Draw(queue);
        Draw(queue);
        Assert.Empty(_pc.Partition.Messages);
    }

    [Fact]
    public void Request_NotBusMaster_WaitsUntilItIs()
    {
        GuestQueue queue = Start(msix: true);
        _pc.WriteConfiguration(1, 4, 0x0002, 2);
        queue.SetChain(0, new GuestBuffer(Data, 64, true));
        queue.Offer(0);
        _pc.Pci.Functions[1].Pause();
        _pc.Pci.Functions[1].Resume();
        Assert.False(queue.TryTakeUsed(out _, out _));
        _pc.WriteConfiguration(1, 4, 0x0006, 2);
        Assert.Equal((0u, 64u), queue.WaitUsed());
    }

    [Fact]
    public void Doorbell_BarMoved_MovesWithIt()
    {
        GuestQueue queue = Start(msix: true);
        Assert.Equal([_driver.Notification], _pc.Partition.Doorbells);
        _pc.WriteConfiguration(1, 0x20, 0xD000_0000);
        Assert.Equal([0xD000_3000UL], _pc.Partition.Doorbells);
        queue.SetChain(0, new GuestBuffer(Data, 64, true));
        queue.Offer(0);
        _pc.WriteMmio(0xD000_3000, 2, 0);
        queue.WaitUsed();
        _pc.WriteConfiguration(1, 4, 0x0004, 2);
        Assert.Empty(_pc.Partition.Doorbells);
    }

    [Fact]
    public void Doorbell_TwoFunctionsLaidOverEachOther_StaysOne()
    {
        _pc.Pci.Add(new VirtioPciFunction(_pc.Services, new VirtioEntropy()));
        Start(msix: true);
        VirtioDriver other = new(_pc, 2);
        Assert.True(other.Negotiate());
        other.Start();
        Assert.Equal(2, _pc.Partition.Doorbells.Count);
        _pc.WriteConfiguration(2, 0x20, (uint)_pc.ReadBar(1, 4));
        Assert.Single(_pc.Partition.Doorbells);
        _pc.WriteConfiguration(2, 0x20, 0xD000_0000);
        Assert.Equal(2, _pc.Partition.Doorbells.Count);
    }

    [Fact]
    public void Reset_WhileRunning_TakesQueuesAndDoorbellAway()
    {
        Start(msix: true);
        _driver.Write(VirtioCommon.DeviceStatus, 1, 0);
        Assert.Empty(_pc.Partition.Doorbells);
        _driver.Write(VirtioCommon.QueueSelect, 2, 0);
        Assert.Equal(0UL, _driver.Read(VirtioCommon.QueueEnable, 2));
        Assert.Equal(64UL, _driver.Read(VirtioCommon.QueueSize, 2));
        Assert.Equal(0xFFFFUL, _driver.Read(VirtioCommon.QueueVector, 2));
        GuestQueue queue = Start(msix: true);
        Draw(queue);
    }

    [Fact]
    public void ConfigurationWindow_ReachesTheRegisters()
    {
        int at = 0;
        do
        {
            at = _pc.FindCapability(1, 9, at);
            Assert.NotEqual(0, at);
        }
        while (_pc.ReadConfiguration(1, at + 3, 1) != 5);

        Window(VirtioCommon.QueueCount, 2);
        Assert.Equal(1u, _pc.ReadConfiguration(1, at + 16, 2));
        Window(VirtioCommon.DeviceStatus, 1);
        _pc.WriteConfiguration(1, at + 16, VirtioStatus.Acknowledge, 1);
        Assert.Equal(VirtioStatus.Acknowledge, _driver.Status);
        Assert.Equal((uint)VirtioStatus.Acknowledge, _pc.ReadConfiguration(1, at + 16, 1));
        Window(VirtioCommon.DeviceStatus, 3);
        _pc.WriteConfiguration(1, at + 16, 0, 1);
        Assert.Equal(VirtioStatus.Acknowledge, _driver.Status);

        void Window(uint offset, uint length)
        {
            _pc.WriteConfiguration(1, at + 4, 4, 1);
            _pc.WriteConfiguration(1, at + 8, offset);
            _pc.WriteConfiguration(1, at + 12, length);
        }
    }

    private GuestQueue Start(bool msix, ulong features = ulong.MaxValue)
    {
        Assert.True(_driver.Negotiate(features));
        if (msix)
        {
            _driver.EnableMsix();
        }

        GuestQueue queue = _driver.CreateQueue(0, Rings, 64);
        Assert.True(_pc.Memory.TryWrite(Rings, new byte[0x1000]));
        _driver.Start();
        return queue;
    }

    private static void Draw(GuestQueue queue)
    {
        queue.SetChain(0, new GuestBuffer(Data, 64, true));
        queue.Offer(0);
        Assert.Equal((0u, 64u), queue.WaitUsed());
    }
}
