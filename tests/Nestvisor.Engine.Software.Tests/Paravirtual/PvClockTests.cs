using System.Buffers.Binary;
using System.Text;
using Nestvisor.Engine.Software.Paravirtual;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Paravirtual;

public sealed class PvClockTests : IDisposable
{
    private static readonly DateTimeOffset TimeOfDay = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000).AddMilliseconds(250);

    private readonly GuestMemory _memory = new(1 << 20);
    private readonly VmClock _clock = VmClock.CreateManual();
    private readonly PvClock _pv;

    public PvClockTests() => _pv = new PvClock(_memory, _clock, 2, new FixedTime());

    [Fact]
    public void Leaves_Signature_IsKvmsAndReachesTheFrequencies()
    {
        CpuidResult first = KvmLeaves.Read(0x4000_0000);
        byte[] name = new byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(name, first.Ebx);
        BinaryPrimitives.WriteUInt32LittleEndian(name.AsSpan(4), first.Ecx);
        BinaryPrimitives.WriteUInt32LittleEndian(name.AsSpan(8), first.Edx);
        Assert.Equal("KVMKVMKVM\0\0\0", Encoding.ASCII.GetString(name));
        Assert.Equal(0x4000_0010u, first.Eax);
        Assert.Equal((1u << 1) | (1u << 3) | (1u << 24), KvmLeaves.Read(0x4000_0001).Eax);
        Assert.Equal(new CpuidResult(1_000_000, 1_000_000, 0, 0), KvmLeaves.Read(0x4000_0010));
        Assert.Equal(default, KvmLeaves.Read(0x4000_0002));
    }

    [Fact]
    public void SystemTime_Enabled_WritesTheStructure()
    {
        _clock.Advance(123_456);
        _pv.SetTscOffset(0, 1000);
        _pv.SetTscOffset(1, 1000);
        Assert.True(_pv.TryWrite(1, Msr.KvmSystemTime, 0x5041));
        byte[] info = Read(0x5040, 32);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(info));
        Assert.Equal(124_456UL, BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(8)));
        Assert.Equal(123_456UL, BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(16)));
        Assert.Equal(0x8000_0000u, BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(24)));
        Assert.Equal(1, (sbyte)info[28]);
        Assert.Equal(1, info[29]);
        Assert.True(_pv.TryRead(1, Msr.KvmSystemTime, out ulong value));
        Assert.Equal(0x5041UL, value);
        Assert.True(_pv.TryRead(0, Msr.KvmSystemTime, out value));
        Assert.Equal(0UL, value);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(987_654_321_012L)]
    public void SystemTime_ReadAsAGuestDoes_IsTheClock(long later)
    {
        _clock.Advance(777);
        _pv.SetTscOffset(0, -500);
        _pv.TryWrite(0, Msr.KvmSystemTime, 0x1001);
        byte[] info = Read(0x1000, 32);
        _clock.Advance(later);
        ulong tsc = (ulong)(_clock.Now - 500);
        ulong delta = (tsc - BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(8))) << info[28];
        UInt128 scaled = ((UInt128)delta * BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(24))) >> 32;
        Assert.Equal((ulong)_clock.Now, BinaryPrimitives.ReadUInt64LittleEndian(info.AsSpan(16)) + (ulong)scaled);
    }

    [Fact]
    public void SystemTime_TscsDiffer_TheStableFlagGoesAndComesBack()
    {
        _pv.TryWrite(0, Msr.KvmSystemTime, 0x1001);
        _pv.TryWrite(1, Msr.KvmSystemTime, 0x2001);
        _pv.SetTscOffset(1, 50);
        Assert.Equal(0, Read(0x1000, 32)[29]);
        Assert.Equal(0, Read(0x2000, 32)[29]);
        _pv.SetTscOffset(0, 50);
        Assert.Equal(1, Read(0x1000, 32)[29]);
        Assert.Equal(1, Read(0x2000, 32)[29]);
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(Read(0x2000, 4)) & 1);
    }

    [Theory]
    [InlineData(0x5040UL)]
    [InlineData(0x10_0001UL)]
    [InlineData(0xF_FFE5UL)]
    [InlineData(ulong.MaxValue)]
    public void SystemTime_DisabledOrOutsideMemory_WritesNothing(ulong value)
    {
        Assert.True(_pv.TryWrite(0, Msr.KvmSystemTime, value));
        Assert.True(Read(0, 1 << 20).AsSpan().IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void WallClock_Written_IsTheTimeOfDayAtSystemTimeZero()
    {
        _clock.Advance(500_000_000);
        Assert.True(_pv.TryWrite(0, Msr.KvmWallClock, 0x3000));
        byte[] info = Read(0x3000, 12);
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(info));
        Assert.Equal(1_699_999_999u, BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(4)));
        Assert.Equal(750_000_000u, BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(8)));
    }

    [Fact]
    public void Restore_TouchesNoMemory()
    {
        _pv.Restore(0, 0x1001, 0x3000, 42);
        Assert.True(Read(0, 1 << 20).AsSpan().IndexOfAnyExcept((byte)0) < 0);
        Assert.True(_pv.TryRead(0, Msr.KvmWallClock, out ulong value));
        Assert.Equal(0x3000UL, value);
    }

    public void Dispose()
    {
        _clock.Dispose();
        _memory.Dispose();
    }

    private byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Assert.True(_memory.TryRead(address, bytes));
        return bytes;
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => TimeOfDay;
    }
}
