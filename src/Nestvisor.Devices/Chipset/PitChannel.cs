using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// One counter of the 8254 (Intel 8254 data sheet). It is not stepped: count and output follow from the time since the
/// counter was loaded. Not locked; <see cref="Pit8254"/> does that.
/// </summary>
internal sealed class PitChannel(VmClock clock)
{
    private readonly VmClock _clock = clock;
    private byte _mode;
    private byte _access = 3;
    private bool _bcd;
    private uint _reload = 0x10000;
    private bool _loaded;
    private bool _gate = true;
    private long _start;
    private ulong _frozenTicks;
    private byte _writeLow;
    private bool _writeHighNext;
    private bool _readHighNext;
    private ushort _latch;
    private byte _latchedBytes;
    private byte _latchedStatus;
    private bool _statusLatched;

    /// <summary>Level of OUT.</summary>
    public bool Output
    {
        get
        {
            if (!_loaded)
            {
                return _mode != 0;
            }

            ulong ticks = Ticks;
            return _mode switch
            {
                0 or 1 => ticks >= _reload,
                2 => ticks % _reload != _reload - 1,
                3 => ticks % _reload < (_reload + 1) / 2,
                _ => ticks != _reload,
            };
        }
    }

    /// <summary>Level of GATE.</summary>
    public bool Gate
    {
        get => _gate;
        set
        {
            if (value == _gate)
            {
                return;
            }

            if (!value)
            {
                _frozenTicks = Ticks;
                _gate = false;
            }
            else
            {
                // Modes 0 and 4 stop while GATE is low; the others start anew with its rising edge.
                _gate = true;
                _start = _clock.Now - (_mode is 0 or 4 ? Pit8254.Rate.ToNanoseconds(_frozenTicks) : 0);
            }
        }
    }

    private bool Counting => _gate || _mode is 1 or 5;

    private ulong Ticks => Counting ? Pit8254.Rate.ToTicks(_clock.Now - _start) : _frozenTicks;

    /// <summary>When OUT next rises after a time; <see cref="VmTimer.Never"/> if it does not.</summary>
    public long NextRise(long after)
    {
        if (!_loaded || !Counting)
        {
            return VmTimer.Never;
        }

        ulong ticks = Pit8254.Rate.ToTicks(after - _start);
        switch (_mode)
        {
            case 2:
            case 3:
                return _start + Pit8254.Rate.ToNanoseconds(((ticks / _reload) + 1) * _reload);
            default:
                long rise = _start + Pit8254.Rate.ToNanoseconds(_reload);
                return rise > after ? rise : VmTimer.Never;
        }
    }

    public void Reset()
    {
        _mode = 3;
        _access = 3;
        _bcd = false;
        _reload = 0x10000;
        _loaded = false;
        _gate = true;
        _start = _clock.Now;
        _frozenTicks = 0;
        _writeHighNext = false;
        _readHighNext = false;
        _latchedBytes = 0;
        _statusLatched = false;
    }

    /// <summary>A control word that selects this counter, not a latch command.</summary>
    public void SetControl(byte control)
    {
        byte mode = (byte)((control >> 1) & 7);
        _mode = mode > 5 ? (byte)(mode & 3) : mode;
        _access = (byte)((control >> 4) & 3);
        _bcd = (control & 1) != 0;
        _loaded = false;
        _writeHighNext = false;
        _readHighNext = false;
        _latchedBytes = 0;
        _statusLatched = false;
        _frozenTicks = 0;
        _start = _clock.Now;
    }

    public void LatchCount()
    {
        if (_latchedBytes == 0)
        {
            _latch = CurrentCount;
            _latchedBytes = (byte)(_access == 3 ? 2 : 1);
        }
    }

    public void LatchStatus()
    {
        if (!_statusLatched)
        {
            _latchedStatus = (byte)((Output ? 0x80 : 0) | (_loaded ? 0 : 0x40) | (_access << 4) | (_mode << 1) | (_bcd ? 1 : 0));
            _statusLatched = true;
        }
    }

    public byte Read()
    {
        if (_statusLatched)
        {
            _statusLatched = false;
            return _latchedStatus;
        }

        ushort count = _latchedBytes != 0 ? _latch : CurrentCount;
        bool high = _access == 2;
        if (_access == 3)
        {
            high = _readHighNext;
            _readHighNext = !_readHighNext;
        }

        if (_latchedBytes != 0)
        {
            _latchedBytes--;
        }

        return (byte)(high ? count >> 8 : count);
    }

    /// <summary>Writes a byte of the count.</summary>
    /// <returns>Whether the counter has been loaded.</returns>
    public bool Write(byte value)
    {
        if (_access == 3 && !_writeHighNext)
        {
            _writeLow = value;
            _writeHighNext = true;

            // The first byte of a new count stops mode 0 and takes OUT low.
            _loaded &= _mode != 0;
            return false;
        }

        _writeHighNext = false;
        Load(_access switch
        {
            1 => value,
            2 => (ushort)(value << 8),
            _ => (ushort)((value << 8) | _writeLow),
        });
        return true;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(1, [_mode, _access, _writeLow, _latchedBytes, _latchedStatus]);
        writer.Write(2, (_bcd ? 1UL : 0) | (_loaded ? 2UL : 0) | (_gate ? 4UL : 0) | (_writeHighNext ? 8UL : 0)
            | (_readHighNext ? 16UL : 0) | (_statusLatched ? 32UL : 0));
        writer.Write(3, [_reload, (ulong)_start, _frozenTicks, _latch]);
    }

    public void Restore(StateReader reader)
    {
        Span<byte> bytes = [_mode, _access, _writeLow, _latchedBytes, _latchedStatus];
        reader.ReadBytes(1, bytes);
        ulong flags = reader.ReadUInt64(2);
        Span<ulong> numbers = [_reload, (ulong)_start, _frozenTicks, _latch];
        reader.ReadUInt64s(3, numbers);
        reader.End();
        if (bytes[0] > 5 || bytes[1] is 0 or > 3 || bytes[3] > 2 || numbers[0] is 0 or > 0x10000 || (long)numbers[1] < 0)
        {
            throw new InvalidDataException("The saved state of the 8254 is out of range.");
        }

        (_mode, _access, _writeLow, _latchedBytes, _latchedStatus) = (bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]);
        _bcd = (flags & 1) != 0;
        _loaded = (flags & 2) != 0;
        _gate = (flags & 4) != 0;
        _writeHighNext = (flags & 8) != 0;
        _readHighNext = (flags & 16) != 0;
        _statusLatched = (flags & 32) != 0;
        (_reload, _start, _frozenTicks, _latch) = ((uint)numbers[0], (long)numbers[1], numbers[2], (ushort)numbers[3]);
    }

    private ushort CurrentCount
    {
        get
        {
            ulong ticks = _loaded ? Ticks : 0;
            uint count = _mode switch
            {
                2 => _reload - (uint)(ticks % _reload),
                3 => _reload - (uint)(ticks * 2 % _reload),
                _ => (uint)(_reload - ticks),
            };
            return _bcd ? ToBcd(count % 10000) : (ushort)count;
        }
    }

    private static ushort ToBcd(uint value) =>
        (ushort)((value % 10) | (value / 10 % 10 << 4) | (value / 100 % 10 << 8) | (value / 1000 % 10 << 12));

    private static uint FromBcd(ushort value) =>
        (uint)((value & 15) + (((value >> 4) & 15) * 10) + (((value >> 8) & 15) * 100) + ((value >> 12) * 1000));

    private void Load(ushort count)
    {
        uint value = _bcd ? FromBcd(count) : count;
        uint reload = value == 0 ? (_bcd ? 10000u : 0x10000u) : value;
        bool continues = _loaded && _mode is 2 or 3 && reload == _reload;
        _reload = reload;
        _loaded = true;

        // Modes 2 and 3 take a new count at the end of the period; starting it at once differs by less than that.
        if (!continues)
        {
            _start = _clock.Now;
            _frozenTicks = 0;
        }
    }
}
