using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// The MC146818 real-time clock with 128 bytes of CMOS memory at ports 70h and 71h. Time of day follows the machine's clock
/// from the moment the machine was created.
/// </summary>
internal sealed class CmosRtc : ByteRegisters, IDevice
{
    private const long Second = 1_000_000_000;
    private const byte UpdateInProgress = 0x80;
    private const byte SetMode = 0x80;
    private const byte PeriodicFlag = 0x40;
    private const byte AlarmFlag = 0x20;
    private const byte UpdateFlag = 0x10;
    private const byte AnyFlag = 0x80;
    private const byte BinaryMode = 0x04;
    private const byte Hour24 = 0x02;
    private const byte RegisterA = 0x0A;
    private const byte RegisterB = 0x0B;
    private const byte RegisterC = 0x0C;
    private const byte RegisterD = 0x0D;
    private const byte Century = 0x32;

    // An update takes 1984 us and is announced 244 us ahead (MC146818A data sheet, "Update cycle").
    private const long UpdateWindow = 2_228_000;
    private const long SecondsPerDay = 86400;

    private readonly Lock _lock = new();
    private readonly VmClock _clock;
    private readonly LineInterrupt _line;
    private readonly VmTimer _timer;
    private readonly long _startOfTime;
    private readonly byte[] _initial = new byte[128];
    private readonly byte[] _cmos = new byte[128];
    private byte _index;
    private byte _flags;
    private long _base;
    private RtcTime _held;
    private long _seenSecond;
    private long _seenPeriod;

    /// <summary>Creates the clock.</summary>
    /// <param name="clock">The guest's time.</param>
    /// <param name="line">ISA interrupt 8.</param>
    /// <param name="timeOfDay">Time of day, in seconds since 1970, when <paramref name="clock"/> was at 0.</param>
    /// <param name="lowMemory">Bytes of RAM below 4 GiB.</param>
    /// <param name="highMemory">Bytes of RAM above 4 GiB.</param>
    public CmosRtc(VmClock clock, LineInterrupt line, long timeOfDay, ulong lowMemory, ulong highMemory)
    {
        _clock = clock;
        _line = line;
        _startOfTime = timeOfDay;
        _timer = clock.CreateTimer(OnTimer);
        FillMemorySizes(lowMemory, highMemory);
        ResetRegisters();
    }

    /// <inheritdoc/>
    public string StateName => "rtc";

    private bool Held => (_cmos[RegisterB] & SetMode) != 0;

    private long NowSeconds => _base + (_clock.Now / Second);

    private long Period
    {
        get
        {
            int rate = _cmos[RegisterA] & 15;
            rate = rate is 1 or 2 ? rate + 7 : rate;
            return rate == 0 ? 0 : (Second << (rate - 1)) / 32768;
        }
    }

    public void Connect(IDeviceBus bus) => bus.AddPorts(0x70, 2, this);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            // The battery keeps time and memory; reset clears the interrupts (data sheet, "RESET").
            _cmos[RegisterB] &= unchecked((byte)~(0x78 | SetMode));
            _flags = 0;
            _index = 0;
            Update();
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, _cmos);
            writer.Write(2, [_index, _flags]);
            writer.Write(3, [(ulong)_base, (ulong)_held.ToUnixSeconds(), (ulong)_seenSecond, (ulong)_seenPeriod]);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            ResetRegisters();
            reader.ReadBytes(1, _cmos);
            Span<byte> bytes = [_index, _flags];
            reader.ReadBytes(2, bytes);
            (_index, _flags) = ((byte)(bytes[0] & 0x7F), bytes[1]);
            Span<ulong> numbers = [(ulong)_base, 0, (ulong)_seenSecond, (ulong)_seenPeriod];
            reader.ReadUInt64s(3, numbers);
            reader.End();
            if (Math.Abs((decimal)(long)numbers[0]) > 1_000_000_000_000 || (long)numbers[2] < 0 || (long)numbers[3] < 0)
            {
                throw new InvalidDataException("The saved state of the real-time clock is out of range.");
            }

            (_base, _seenSecond, _seenPeriod) = ((long)numbers[0], (long)numbers[2], (long)numbers[3]);
            _held = RtcTime.FromUnixSeconds((long)numbers[1]);
            Update();
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            return port == 0x71 ? ReadRegister() : (byte)0xFF;
        }
    }

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        lock (_lock)
        {
            if (port == 0x70)
            {
                _index = (byte)(value & 0x7F);
            }
            else if (port == 0x71)
            {
                WriteRegister(value);
            }
        }
    }

    private byte ReadRegister()
    {
        switch (_index)
        {
            case 0 or 2 or 4 or (>= 6 and <= 9) or Century:
                return ReadTime(Held ? _held : RtcTime.FromUnixSeconds(NowSeconds));
            case RegisterA:
                bool updating = !Held && _clock.Now % Second >= Second - UpdateWindow;
                return (byte)(_cmos[RegisterA] | (updating ? UpdateInProgress : 0));
            case RegisterC:
                CatchUp();
                byte flags = (byte)(_flags | ((_flags & _cmos[RegisterB] & 0x70) != 0 ? AnyFlag : 0));
                _flags = 0;
                Update();
                return flags;
            case RegisterD:
                return 0x80;
            default:
                return _cmos[_index];
        }
    }

    private byte ReadTime(in RtcTime time) => _index switch
    {
        0 => Encode(time.Second),
        2 => Encode(time.Minute),
        4 => EncodeHour(time.Hour),
        6 => Encode(time.Weekday),
        7 => Encode(time.Day),
        8 => Encode(time.Month),
        9 => Encode(time.Year % 100),
        _ => Encode(time.Year / 100),
    };

    private void WriteRegister(byte value)
    {
        switch (_index)
        {
            case 0 or 2 or 4 or (>= 6 and <= 9) or Century:
                RtcTime time = WithField(Held ? _held : RtcTime.FromUnixSeconds(NowSeconds), value);
                if (Held)
                {
                    _held = time;
                }
                else
                {
                    SetTime(time);
                }

                break;
            case RegisterA:
                CatchUp();
                _cmos[RegisterA] = (byte)(value & 0x7F);
                _seenPeriod = Period == 0 ? 0 : _clock.Now / Period;
                Update();
                break;
            case RegisterB:
                CatchUp();
                WriteRegisterB(value);
                Update();
                break;
            case RegisterC or RegisterD:
                break;
            default:
                _cmos[_index] = value;
                Update();
                break;
        }
    }

    private void WriteRegisterB(byte value)
    {
        bool wasHeld = Held;
        if (!wasHeld && (value & SetMode) != 0)
        {
            _held = RtcTime.FromUnixSeconds(NowSeconds);
            value &= unchecked((byte)~UpdateFlag);
        }

        _cmos[RegisterB] = value;
        if (wasHeld && !Held)
        {
            SetTime(_held);
        }
    }

    private void SetTime(in RtcTime time)
    {
        _base = time.ToUnixSeconds() - (_clock.Now / Second);
        _seenSecond = _clock.Now / Second;
    }

    private RtcTime WithField(in RtcTime time, byte value) => _index switch
    {
        0 => time with { Second = Decode(value) },
        2 => time with { Minute = Decode(value) },
        4 => time with { Hour = DecodeHour(value) },
        6 => time with { Weekday = Decode(value) },
        7 => time with { Day = Decode(value) },
        8 => time with { Month = Decode(value) },
        9 => time with { Year = (time.Year / 100 * 100) + (Decode(value) % 100) },
        _ => time with { Year = (Decode(value) % 100 * 100) + (time.Year % 100) },
    };

    private byte Encode(int value) => (byte)((_cmos[RegisterB] & BinaryMode) != 0 ? value : (value / 10 * 16) + (value % 10));

    private int Decode(byte value) => (_cmos[RegisterB] & BinaryMode) != 0 ? value : ((value >> 4) * 10) + (value & 15);

    private byte EncodeHour(int hour)
    {
        if ((_cmos[RegisterB] & Hour24) != 0)
        {
            return Encode(hour);
        }

        return (byte)(Encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0));
    }

    private int DecodeHour(byte value) => (_cmos[RegisterB] & Hour24) != 0
        ? Decode(value)
        : (Decode((byte)(value & 0x7F)) % 12) + ((value & 0x80) != 0 ? 12 : 0);

    // Flags are set whether or not their interrupt is enabled, so they are found when somebody looks.
    private void CatchUp()
    {
        long now = _clock.Now;
        long second = now / Second;
        if (second != _seenSecond)
        {
            long first = Math.Max(_seenSecond + 1, second - SecondsPerDay);
            _seenSecond = second;
            if (!Held)
            {
                _flags |= UpdateFlag;
                for (long s = first; s <= second && (_flags & AlarmFlag) == 0; s++)
                {
                    _flags |= IsAlarm(_base + s) ? AlarmFlag : (byte)0;
                }
            }
        }

        long period = Period;
        if (period != 0 && now / period != _seenPeriod)
        {
            _seenPeriod = now / period;
            _flags |= PeriodicFlag;
        }
    }

    private bool IsAlarm(long seconds)
    {
        int ofDay = (int)((seconds % SecondsPerDay) + SecondsPerDay) % (int)SecondsPerDay;
        return Matches(_cmos[1], Encode(ofDay % 60))
            && Matches(_cmos[3], Encode(ofDay / 60 % 60))
            && Matches(_cmos[5], EncodeHour(ofDay / 3600));

        static bool Matches(byte alarm, byte value) => alarm >= 0xC0 || alarm == value;
    }

    private void Update()
    {
        byte enabled = (byte)(_cmos[RegisterB] & 0x70);
        _line.Set((_flags & enabled) != 0);

        // While a request stands no later event can be seen.
        long next = VmTimer.Never;
        if ((_flags & enabled) == 0)
        {
            long now = _clock.Now;
            long period = Period;
            if ((enabled & PeriodicFlag) != 0 && period != 0)
            {
                next = ((now / period) + 1) * period;
            }

            if ((enabled & (AlarmFlag | UpdateFlag)) != 0 && !Held)
            {
                next = Math.Min(next, ((now / Second) + 1) * Second);
            }
        }

        _timer.Set(next);
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            CatchUp();
            Update();
        }
    }

    private void ResetRegisters()
    {
        _initial.CopyTo(_cmos, 0);
        _cmos[RegisterA] = 0x26;
        _cmos[RegisterB] = Hour24;
        _flags = 0;
        _index = 0;
        _base = _startOfTime;
        _seenSecond = _clock.Now / Second;
        _seenPeriod = _clock.Now / Period;
    }

    // The PC's conventional places; firmware and old boot code look there.
    private void FillMemorySizes(ulong lowMemory, ulong highMemory)
    {
        const ulong MiB = 1 << 20;
        Write16(0x15, Math.Min(lowMemory >> 10, 640));
        ulong aboveOne = lowMemory > MiB ? Math.Min((lowMemory - MiB) >> 10, 0xFFFF) : 0;
        Write16(0x17, aboveOne);
        Write16(0x30, aboveOne);
        Write16(0x34, lowMemory > 16 * MiB ? Math.Min((lowMemory - (16 * MiB)) >> 16, 0xFFFF) : 0);
        Write16(0x5B, highMemory >> 16);
        _initial[0x5D] = (byte)(highMemory >> 32);

        void Write16(int index, ulong value)
        {
            _initial[index] = (byte)value;
            _initial[index + 1] = (byte)(value >> 8);
        }
    }
}
