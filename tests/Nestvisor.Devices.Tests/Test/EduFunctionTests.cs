using Nestvisor.Devices.Test;
using Nestvisor.Devices.Tests.Chipset;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Devices.Tests.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Test;

/// <summary>The teaching device by QEMU's docs/specs/edu, alone and behind the remapping unit.</summary>
public sealed class EduFunctionTests : IDisposable
{
    private const int Device = 1;
    private const ulong Memory = 0x5_0000;
    private const int Line = 17;

    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;
    private readonly EduFunction _edu;
    private readonly ulong _bar;

    public EduFunctionTests()
    {
        _vtd = new VtdDriver(_pc);
        _edu = new EduFunction(_pc.Services);
        _pc.Pci.Add(_edu);
        _bar = _pc.ReadBar(Device, 0);
        _pc.WriteConfiguration(Device, 4, 0x6, 2);
    }

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Identity_IsTheTeachingDevices()
    {
        Assert.Equal(0x11E8_1234u, _pc.ReadConfiguration(Device, 0));
        Assert.Equal(0x0100_00EDu, Read(0x00));
        Assert.Equal((uint)Line, _pc.ReadConfiguration(Device, 0x3C, 1));
        Assert.NotEqual(0, _pc.FindCapability(Device, 5));
    }

    [Fact]
    public void Liveness_ReadsInverted()
    {
        Write(0x04, 0x1234_5678);
        Assert.Equal(0xEDCB_A987u, Read(0x04));
    }

    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(1u, 1u)]
    [InlineData(5u, 120u)]
    [InlineData(13u, 1_932_053_504u)]
    [InlineData(33u, 0x8000_0000u)]
    [InlineData(34u, 0u)]
    [InlineData(uint.MaxValue, 0u)]
    public void Factorial_IsThereAtOnce(uint value, uint factorial)
    {
        Write(0x08, value);
        Assert.Equal(factorial, Read(0x08));
        Assert.Equal(0u, Read(0x24));
    }

    [Fact]
    public void Factorial_WithInterrupt_RaisesIt()
    {
        Write(0x20, 0x80);
        Write(0x08, 3);
        Assert.Equal(1u, Read(0x24));
        Assert.True(_pc.Interrupts.IsAsserted(Line));
        Write(0x64, 1);
        Assert.False(_pc.Interrupts.IsAsserted(Line));
    }

    [Fact]
    public void Registers_OtherWidths_ReadOnesAndStay()
    {
        Assert.Equal(0xFFFFu, _pc.ReadMmio(_bar, 2));
        Assert.Equal(ulong.MaxValue, _pc.ReadMmio(_bar + 0x08, 8));
        Assert.Equal(uint.MaxValue, Read(0x60));
        _pc.WriteMmio(_bar + 0x04, 8, 1);
        Assert.Equal(0u, Read(0x04));
    }

    [Fact]
    public void Dma_ThereAndBack_CopiesTheBuffer()
    {
        _vtd.Put(Memory, 0x1122_3344_5566_7788);
        Transfer(Memory, 0x4_0010, 8, 1);
        Transfer(0x4_0010, Memory + 0x100, 8, 3);
        Assert.True(_pc.Memory.TryGetSpan(Memory + 0x100, 8, out Span<byte> window));
        Assert.Equal(0x1122_3344_5566_7788u, BitConverter.ToUInt64(window));
        Assert.Equal(2u, Read(0x98));
        Assert.Equal(0u, Read(0x24));
    }

    [Fact]
    public void Dma_WithInterrupt_RaisesIt()
    {
        Transfer(Memory, 0x4_0000, 4, 5);
        Assert.Equal(0x100u, Read(0x24));
        Assert.True(_pc.Interrupts.IsAsserted(Line));
    }

    [Theory]
    [InlineData(0x3_FFFFUL, 1UL)]
    [InlineData(0x4_1000UL, 1UL)]
    [InlineData(0x4_0000UL, 0x1001UL)]
    [InlineData(0x4_0001UL, ulong.MaxValue)]
    [InlineData(ulong.MaxValue, 8UL)]
    public void Dma_OutsideTheBuffer_CopiesNothing(ulong buffer, ulong count)
    {
        _vtd.Put(Memory, 1);
        Transfer(buffer, Memory, count, 3);
        Transfer(Memory, buffer, count, 1);
        Assert.True(_pc.Memory.TryGetSpan(Memory, 1, out Span<byte> window));
        Assert.Equal(1, window[0]);
    }

    [Fact]
    public void Dma_WithoutBusMaster_CopiesNothing()
    {
        _pc.WriteConfiguration(Device, 4, 0x2, 2);
        _vtd.Put(Memory, 1);
        Transfer(0x4_0000, Memory, 8, 3);
        Assert.True(_pc.Memory.TryGetSpan(Memory, 1, out Span<byte> window));
        Assert.Equal(1, window[0]);
    }

    [Fact]
    public void Dma_Remapped_ReachesTheMappedPageOnly()
    {
        _vtd.EnableTranslation(Device << 3);
        _vtd.MapFirstPage(Memory | 3);
        _vtd.Put(Memory, 0x1234_5678);
        Transfer(0, 0x4_0000, 4, 1);
        Transfer(0x4_0000, 4, 4, 3);
        Assert.True(_pc.Memory.TryGetSpan(Memory + 4, 4, out Span<byte> window));
        Assert.Equal(0x1234_5678u, BitConverter.ToUInt32(window));
        Transfer(0x4_0000, 0x1000, 4, 3);
        Assert.Equal(((byte)0x05, (ushort)(Device << 3), 0x1000UL, false, true), _vtd.ReadRecord(0));
    }

    [Fact]
    public void Msi_Raised_IsSentInsteadOfThePin()
    {
        EnableMsi(0xFEE0_1000, 0x41);
        Write(0x60, 2);
        Write(0x60, 4);
        MsiMessage message = new(0xFEE0_1000, 0x41);
        Assert.Equal([message, message], _pc.Partition.Messages);
        Assert.False(_pc.Interrupts.IsAsserted(Line));
        Assert.Equal(6u, Read(0x24));
        _pc.WriteConfiguration(Device, _pc.FindCapability(Device, 5) + 2, 0, 2);
        Assert.True(_pc.Interrupts.IsAsserted(Line));
    }

    [Fact]
    public void Msi_Remapped_IsTheEntrys()
    {
        _vtd.EnableInterrupts();
        _vtd.PutInterrupt(2, 1 | (0xEEUL << 16) | (3UL << 40), (1UL << 18) | (Device << 3));
        EnableMsi(0xFEE0_0050, 0);
        Write(0x60, 1);
        Assert.Equal([MsiMessage.Create(3, false, 0xEE, 0, false)], _pc.Partition.Messages);
    }

    [Fact]
    public void Restore_Busy_GoesOnIdentically()
    {
        _vtd.Put(Memory, 0x55);
        Transfer(Memory, 0x4_0000, 8, 5);
        EnableMsi(0xFEE0_1000, 0x41);
        using TestPc other = new(remapping: true);
        EduFunction copy = new(other.Services);
        other.Pci.Add(copy);
        SavedStates.Copy(_edu, copy);
        Assert.Equal(SavedStates.Save(_edu), SavedStates.Save(copy));
        other.WriteMmio(_bar + 0x60, 4, 1);
        Assert.Equal([new MsiMessage(0xFEE0_1000, 0x41)], other.Partition.Messages);
        copy.Reset();
        Assert.Equal(0u, other.ReadMmio(_bar + 0x24, 4));
    }

    [Fact]
    public void Access_Random_NeverThrows()
    {
        Random random = new(5);
        _vtd.EnableTranslation(Device << 3);
        _vtd.MapFirstPage(Memory | 3);
        for (int i = 0; i < 100_000; i++)
        {
            int offset = random.Next(4) == 0 ? random.Next(1 << 20) : random.Next(0xA0) & ~3;
            ulong value = random.Next(3) == 0 ? 0x4_0000 + (ulong)random.Next(0x1008) : (ulong)random.Next(64);
            _pc.WriteMmio(_bar + (ulong)offset, 1 << random.Next(4), value);
            _pc.ReadMmio(_bar + (ulong)offset, 1 << random.Next(4));
            _pc.WriteConfiguration(Device, 0x40 + (random.Next(4) * 4), (uint)random.Next());
        }

        SavedStates.Copy(_edu, _edu);
    }

    private uint Read(int offset) => (uint)_pc.ReadMmio(_bar + (ulong)offset, 4);

    private void Write(int offset, uint value) => _pc.WriteMmio(_bar + (ulong)offset, 4, value);

    private void Transfer(ulong source, ulong target, ulong count, uint command)
    {
        _pc.WriteMmio(_bar + 0x80, 8, source);
        _pc.WriteMmio(_bar + 0x88, 8, target);
        _pc.WriteMmio(_bar + 0x90, 8, count);
        Write(0x98, command);
    }

    private void EnableMsi(uint address, ushort data)
    {
        int capability = _pc.FindCapability(Device, 5);
        _pc.WriteConfiguration(Device, capability + 4, address);
        _pc.WriteConfiguration(Device, capability + 12, data, 2);
        _pc.WriteConfiguration(Device, capability + 2, 1, 2);
    }
}
