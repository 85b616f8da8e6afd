using System.Buffers.Binary;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Paravirtual;

/// <summary>
/// KVM's paravirtual clock (Linux Documentation/virt/kvm/x86/msr.rst): tells the guest in its own memory how to make nanoseconds
/// of the time-stamp counter. Both count the VM's clock, so they differ only by what the guest has written to its TSC.
/// Nothing is due while the VM pauses or is restored: what stands in memory stays true.
/// </summary>
internal sealed class PvClock : IMsrHandler
{
    /// <summary>Bytes of pvclock_vcpu_time_info.</summary>
    public const int TimeInfoBytes = 32;

    /// <summary>Bytes of pvclock_wall_clock.</summary>
    public const int WallClockBytes = 12;

    private const ulong Enabled = 1;
    private const byte TscStable = 1;

    // ns = (ticks << 1) * 2^31 / 2^32: the identity.
    private const uint Multiplier = 0x8000_0000;
    private const sbyte Shift = 1;

    private readonly Lock _lock = new();
    private readonly GuestMemory _memory;
    private readonly VmClock _clock;
    private readonly TimeProvider _wall;
    private readonly ulong[] _systemTime;
    private readonly long[] _tscOffset;
    private ulong _wallClock;

    /// <summary>Creates the clock of a partition.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="clock">The guest's clock.</param>
    /// <param name="processors">Number of processors.</param>
    /// <param name="wall">The time of day.</param>
    public PvClock(GuestMemory memory, VmClock clock, int processors, TimeProvider wall)
    {
        _memory = memory;
        _clock = clock;
        _wall = wall;
        _systemTime = new ulong[processors];
        _tscOffset = new long[processors];
    }

    /// <inheritdoc/>
    public bool TryRead(int processor, uint msr, out ulong value)
    {
        lock (_lock)
        {
            value = msr == Msr.KvmSystemTime ? _systemTime[processor] : _wallClock;
        }

        return msr is Msr.KvmSystemTime or Msr.KvmWallClock;
    }

    /// <inheritdoc/>
    public bool TryWrite(int processor, uint msr, ulong value)
    {
        lock (_lock)
        {
            switch (msr)
            {
                case Msr.KvmSystemTime:
                    _systemTime[processor] = value;
                    WriteTimeInfo(processor);
                    return true;
                case Msr.KvmWallClock:
                    _wallClock = value;
                    WriteWallClock();
                    return true;
                default:
                    return false;
            }
        }
    }

    /// <summary>Tells that a processor's TSC has been written.</summary>
    /// <param name="processor">Number of the processor.</param>
    /// <param name="offset">Its TSC minus the clock's nanoseconds, from now on.</param>
    public void SetTscOffset(int processor, long offset)
    {
        lock (_lock)
        {
            bool stable = IsStable;
            _tscOffset[processor] = offset;
            for (int i = 0; i < _systemTime.Length; i++)
            {
                if (i == processor || stable != IsStable)
                {
                    WriteTimeInfo(i);
                }
            }
        }
    }

    /// <summary>Restores a processor's part of the state. Guest memory already holds what was written there.</summary>
    /// <param name="processor">Number of the processor.</param>
    /// <param name="systemTime">MSR 4B564D01h.</param>
    /// <param name="wallClock">MSR 4B564D00h, the same of all processors.</param>
    /// <param name="tscOffset">TSC minus the clock's nanoseconds.</param>
    public void Restore(int processor, ulong systemTime, ulong wallClock, long tscOffset)
    {
        lock (_lock)
        {
            _systemTime[processor] = systemTime;
            _wallClock = wallClock;
            _tscOffset[processor] = tscOffset;
        }
    }

    // The guest may compare times of two processors only if their counters agree.
    private bool IsStable
    {
        get
        {
            foreach (long offset in _tscOffset)
            {
                if (offset != _tscOffset[0])
                {
                    return false;
                }
            }

            return true;
        }
    }

    private void WriteTimeInfo(int processor)
    {
        ulong address = _systemTime[processor] & ~Enabled;
        if ((_systemTime[processor] & Enabled) == 0 || !TryBegin(address, TimeInfoBytes, out uint version))
        {
            return;
        }

        long now = _clock.Now;
        Span<byte> info = stackalloc byte[TimeInfoBytes];
        info.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(info, version);
        BinaryPrimitives.WriteInt64LittleEndian(info[8..], now + _tscOffset[processor]);
        BinaryPrimitives.WriteInt64LittleEndian(info[16..], now);
        BinaryPrimitives.WriteUInt32LittleEndian(info[24..], Multiplier);
        info[28] = unchecked((byte)Shift);
        info[29] = IsStable ? TscStable : (byte)0;
        _memory.TryWrite(address, info);
        End(address, version);
    }

    // The time of day when the system time was 0.
    private void WriteWallClock()
    {
        if (!TryBegin(_wallClock, WallClockBytes, out uint version))
        {
            return;
        }

        long now = (_wall.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        (long seconds, long nanoseconds) = Math.DivRem(Math.Max(now - _clock.Now, 0), 1_000_000_000);
        Span<byte> info = stackalloc byte[WallClockBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(info, version);
        BinaryPrimitives.WriteUInt32LittleEndian(info[4..], (uint)seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(info[8..], (uint)nanoseconds);
        _memory.TryWrite(_wallClock, info);
        End(_wallClock, version);
    }

    // An odd version tells readers on other processors that the rest is changing. What is not memory is not written at all.
    private bool TryBegin(ulong address, int length, out uint version)
    {
        Span<byte> bytes = stackalloc byte[4];
        version = 0;
        if (!_memory.IsRam(address, (ulong)length) || !_memory.TryRead(address, bytes))
        {
            return false;
        }

        version = (BinaryPrimitives.ReadUInt32LittleEndian(bytes) + 1) | 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, version);
        _memory.TryWrite(address, bytes);
        Thread.MemoryBarrier();
        return true;
    }

    private void End(ulong address, uint version)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, version + 1);
        Thread.MemoryBarrier();
        _memory.TryWrite(address, bytes);
    }
}
