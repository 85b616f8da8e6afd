using Nestvisor.Devices.Iommu;
using Nestvisor.Devices.Tests.Chipset;
using Nestvisor.Devices.Tests.Fakes;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Tests.Iommu;

/// <summary>Saved state of the unit, and guests that mean ill.</summary>
public sealed class RemappingStateTests : IDisposable
{
    private readonly TestPc _pc = new(remapping: true);
    private readonly VtdDriver _vtd;

    public RemappingStateTests() => _vtd = new VtdDriver(_pc);

    public void Dispose() => _pc.Dispose();

    [Fact]
    public void Restore_SwitchedOn_GoesOnIdentically()
    {
        _vtd.EnableTranslation(0x10);
        _vtd.MapFirstPage(0x8_0000 | 3);
        _vtd.EnableInterrupts();
        _vtd.PutInterrupt(1, 1 | (0x51 << 16));
        _vtd.EnableQueue();
        _vtd.Submit(0x12, 0, 0, 0);
        Assert.False(_pc.Remapping.TryRead(0x18, 0, new byte[1]));
        _vtd.Write64(0x20, 0x5000);

        RemappingUnit copy = new(_pc.Memory, _pc.Partition);
        SavedStates.Copy(_pc.Remapping, copy);
        Assert.Equal(SavedStates.Save(_pc.Remapping), SavedStates.Save(copy));
        Assert.True(copy.RemapsInterrupts);
        Assert.True(copy.TryRead(0x10, 0, new byte[1]));
        Assert.True(copy.TryRemap(null, new MsiMessage(0xFEE0_0030, 0), report: true, out MsiMessage message));
        Assert.Equal(0x51, message.Vector);
        Assert.False(copy.TryRead(0x18, 0x1000, new byte[1]));
        Assert.False(_pc.Remapping.TryRead(0x18, 0x1000, new byte[1]));
        Assert.Equal(SavedStates.Save(_pc.Remapping), SavedStates.Save(copy));
    }

    [Fact]
    public void Restore_ReservedBits_AreRefused()
    {
        byte[] saved = SavedStates.Save(_pc.Remapping);
        saved[6 + 0x1C] = 1;
        Assert.Throws<InvalidDataException>(() => _pc.Remapping.Restore(new StateReader(saved)));
    }

    [Fact]
    public void Resume_Always_TellsThatInterruptsMayHaveChanged()
    {
        int told = 0;
        _pc.Remapping.InterruptsChanged = () => told++;
        ((IDevice)_pc.Remapping).Resume();
        Assert.Equal(1, told);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Access_RandomFromTwoThreads_NeverThrows(int seed)
    {
        FillMemory(new Random(seed));
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await Task.WhenAll(
            Task.Run(() => Disturb(new Random(seed * 2)), cancellation), Task.Run(() => Disturb(new Random((seed * 2) + 1)), cancellation));
        RemappingUnit copy = new(_pc.Memory, _pc.Partition);
        SavedStates.Copy(_pc.Remapping, copy);
        Assert.Equal(SavedStates.Save(_pc.Remapping), SavedStates.Save(copy));
    }

    // Words that look like table entries and descriptors more often than chance would have it.
    private void FillMemory(Random random)
    {
        for (ulong at = 0; at < 0x2_0000; at += 8)
        {
            _vtd.Put(at, random.Next(4) switch
            {
                0 => ((uint)random.Next(0x20) << 12) | (uint)random.Next(4),
                1 => (ulong)random.Next(0x600),
                2 => ((uint)random.Next(0x20) << 12) | 0x83,
                _ => (ulong)random.NextInt64(),
            });
        }
    }

    private void Disturb(Random random)
    {
        byte[] data = new byte[32];
        for (int i = 0; i < 40_000; i++)
        {
            ulong address = random.Next(8) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(0x20_0000);
            ushort requester = (ushort)random.Next(random.Next(8) == 0 ? 0x1_0000 : 0x20);
            Span<byte> part = data.AsSpan(0, random.Next(1, 33));
            switch (random.Next(5))
            {
                case 0:
                    _pc.Remapping.TryRead(requester, address, part);
                    break;
                case 1:
                    _pc.Remapping.TryWrite(requester, address, part);
                    break;
                case 2:
                    MsiMessage request = new(0xFEE0_0000 | (ulong)random.Next(0x10_0000), (uint)random.Next(16));
                    _pc.Remapping.TryRemap(random.Next(2) == 0 ? null : requester, request, report: true, out _);
                    break;
                default:
                    WriteRegister(random);
                    break;
            }
        }

        _pc.Remapping.ReadMemory(0xFF8, data);
    }

    private void WriteRegister(Random random)
    {
        int offset = random.Next(2) == 0 ? random.Next(0x100) & ~3 : random.Next(0x1000);
        ulong value = random.Next(3) switch
        {
            0 => ulong.MaxValue,
            1 => (ulong)random.Next(0x20) << 12,
            _ => (ulong)random.NextInt64(),
        };
        Span<byte> data = BitConverter.GetBytes(value);
        _pc.Remapping.WriteMemory((ulong)offset, data[..(1 << random.Next(4))]);
        _pc.Remapping.ReadMemory((ulong)offset, data);
    }
}
