using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>The invalidation queue (VT-d 3.3 §6.5.2, §10.4.21 to §10.4.28).</summary>
public sealed class InvalidationQueueTests : IDisposable
{
    private const uint QueueError = 1 << 4;
    private const ulong Status = 0x7_0000;

    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public InvalidationQueueTests()
    {
        _vtd = new VtdDriver(_pc);
        _vtd.EnableQueue();
    }

    public void Dispose() => _pc.Dispose();

    [Theory]
    [InlineData(0x11UL, 0UL)]
    [InlineData(0x0002_0010_0005_0031UL, 0UL)]
    [InlineData(0x12UL, 0UL)]
    [InlineData(0x0005_00F2UL, 0x1000UL | 0x40 | 18)]
    [InlineData(0x04UL, 0UL)]
    [InlineData(0x0000_0009_1000_0014UL, 0UL)]
    [InlineData(0x45UL, 0UL)]
    public void Descriptor_Valid_MovesTheHead(ulong low, ulong high)
    {
        _vtd.Submit(low, high);
        Assert.Equal(16u, _vtd.Read64(0x80));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Theory]
    [InlineData(0x00UL, 0UL)]
    [InlineData(0x01UL, 0UL)]
    [InlineData(0x11UL, 1UL)]
    [InlineData(0x02UL, 0UL)]
    [InlineData(0x32UL, 19UL)]
    [InlineData(0x12UL, 0x80UL)]
    [InlineData(0x03UL, 0UL)]
    [InlineData(0x24UL, 0UL)]
    [InlineData(0x85UL, 0UL)]
    [InlineData(0x25UL, 1UL)]
    [InlineData(0x25UL, 0x7F00_0000_0000UL)]
    [InlineData(0x0FUL, 0UL)]
    public void Descriptor_Invalid_StopsTheQueueThere(ulong low, ulong high)
    {
        _vtd.Submit(0x12, 0, low, high, 0x12, 0);
        Assert.Equal(16u, _vtd.Read64(0x80));
        Assert.Equal(QueueError, _vtd.Read32(0x34));
        _vtd.Put(VtdDriver.Queue + 16, 0x12, 0);
        _vtd.Write32(0x34, QueueError);
        Assert.Equal(48u, _vtd.Read64(0x80));
        Assert.Equal(0u, _vtd.Read32(0x34));
    }

    [Fact]
    public void Wait_WithStatus_WritesIt()
    {
        _vtd.Submit(0x12, 0, 0x25 | (0xCAFE_F00DUL << 32), Status);
        Assert.True(_pc.Memory.TryGetSpan(Status, 8, out Span<byte> window));
        Assert.Equal(0xCAFE_F00Du, BitConverter.ToUInt64(window));
    }

    [Fact]
    public void Wait_WithInterrupt_IsSentOnceUntilServiced()
    {
        _vtd.Write32(0xA4, 0x62);
        _vtd.Write32(0xA8, 0xFEE0_2000);
        _vtd.Write32(0xA0, 0);
        _vtd.Submit(0x15, 0, 0x15, 0);
        Assert.Equal(1u, _vtd.Read32(0x9C));
        Assert.Equal([new MsiMessage(0xFEE0_2000, 0x62)], _pc.Partition.Messages);
        _vtd.Write32(0x9C, 1);
        Assert.Equal(0u, _vtd.Read32(0x9C));
        _vtd.Submit(0x15, 0);
        Assert.Equal(2, _pc.Partition.Messages.Count);
    }

    [Fact]
    public void Wait_InterruptMaskedAndServiced_IsNotSent()
    {
        _vtd.Write32(0xA8, 0xFEE0_2000);
        _vtd.Submit(0x15, 0);
        Assert.Equal(0xC000_0000u, _vtd.Read32(0xA0));
        _vtd.Write32(0x9C, 1);
        _vtd.Write32(0xA0, 0);
        Assert.Empty(_pc.Partition.Messages);
    }

    [Fact]
    public void Queue_Full_Wraps()
    {
        for (int i = 0; i < 256; i++)
        {
            _vtd.Put(VtdDriver.Queue + ((ulong)i * 16), 0x12, 0);
        }

        _vtd.Write64(0x88, 0xFF0);
        Assert.Equal(0xFF0u, _vtd.Read64(0x80));
        _vtd.Write64(0x88, 0x10);
        Assert.Equal(0x10u, _vtd.Read64(0x80));
    }

    [Fact]
    public void Queue_TailBeyondItsSize_IsAnError()
    {
        for (int i = 0; i < 256; i++)
        {
            _vtd.Put(VtdDriver.Queue + ((ulong)i * 16), 0x12, 0);
        }

        _vtd.Write64(0x88, 0x1000);
        Assert.Equal(QueueError, _vtd.Read32(0x34));
        Assert.Equal(0u, _vtd.Read64(0x80));
    }

    [Fact]
    public void Queue_SwitchedOff_StartsAnew()
    {
        _vtd.Submit(0x12, 0);
        _vtd.Write32(0x18, 0);
        Assert.Equal(0u, _vtd.Read64(0x80));
        _vtd.Submit(0x12, 0);
        Assert.Equal(0u, _vtd.Read64(0x80));
    }

    [Fact]
    public void Queue_LargestOfWaits_Ends()
    {
        using TestPc pc = new(remapping: true);
        VtdDriver vtd = new(pc);
        for (ulong at = 0; at < 512 << 10; at += 16)
        {
            vtd.Put(0x10_0000 + at, 0x35, Status);
        }

        vtd.Write64(0x90, 0x10_0000 | 7);
        vtd.Write64(0x88, 0x7_FFF0);
        vtd.Command(1u << 26);
        Assert.Equal(0x7_FFF0u, vtd.Read64(0x80));
    }

    [Fact]
    public void Queue_OutsideMemory_IsAnErrorWithItsEvent()
    {
        _vtd.Write32(0x3C, 0x61);
        _vtd.Write32(0x40, 0xFEE0_1000);
        _vtd.Write32(0x38, 0);
        _vtd.Write64(0x90, 0x7F00_0000_0000);
        _vtd.Write64(0x88, 0x10);
        Assert.Equal(QueueError, _vtd.Read32(0x34));
        Assert.Equal([new MsiMessage(0xFEE0_1000, 0x61)], _pc.Partition.Messages);
    }
}
