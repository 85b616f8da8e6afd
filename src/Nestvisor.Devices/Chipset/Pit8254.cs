using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>The 8254 interval timer at ports 40h to 43h with the PC's system control port B at 61h.</summary>
internal sealed class Pit8254 : ByteRegisters, IDevice
{
    /// <summary>1.193182 MHz, a twelfth of the PC's 14.31818 MHz crystal.</summary>
    public static readonly TickRate Rate = new(1_193_182);

    private const int SpeakerChannel = 2;

    // A guest may ask for a million interrupts a second; 10,000 is more than any needs, and the host's clock thread can give.
    private const long ShortestPeriod = 100_000;

    private const long LongestBacklog = 1_000_000_000;

    private readonly Lock _lock = new();
    private readonly VmClock _clock;
    private readonly LineInterrupt _line;
    private readonly VmTimer _timer;
    private readonly PitChannel[] _channels;
    private bool _speaker;
    private bool _refresh;
    private bool _lineAsserted;
    private long _rise = VmTimer.Never;

    public Pit8254(VmClock clock, LineInterrupt line)
    {
        _clock = clock;
        _line = line;
        _channels = [new PitChannel(clock), new PitChannel(clock), new PitChannel(clock)];
        _timer = clock.CreateTimer(OnRise);
        ResetRegisters();
    }

    /// <inheritdoc/>
    public string StateName => "pit";

    public void Connect(IDeviceBus bus)
    {
        bus.AddPorts(0x40, 4, this);
        bus.AddPorts(0x61, 1, this);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            ResetRegisters();
            ArmTimer(VmTimer.Never);
            _line.Set(false);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            for (ushort i = 0; i < _channels.Length; i++)
            {
                writer.WritePart((ushort)(i + 1), _channels[i].Save);
            }

            writer.Write(4, _speaker);
            writer.Write(5, _refresh);
            writer.Write(6, (ulong)_rise);
            writer.Write(7, _lineAsserted);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            ResetRegisters();
            for (ushort i = 0; i < _channels.Length; i++)
            {
                _channels[i].Restore(reader.ReadPart((ushort)(i + 1)));
            }

            _speaker = reader.ReadBoolean(4);
            _refresh = reader.ReadBoolean(5);
            long deadline = (long)reader.ReadUInt64(6, unchecked((ulong)VmTimer.Never));
            SetLine(reader.ReadBoolean(7));
            reader.End();
            ArmTimer(deadline);
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            switch (port)
            {
                case 0x40 or 0x41 or 0x42:
                    return _channels[port - 0x40].Read();
                case 0x61:
                    // Software times short delays by the refresh bit, so it must change.
                    _refresh = !_refresh;
                    PitChannel speaker = _channels[SpeakerChannel];
                    return (byte)((speaker.Gate ? 1 : 0) | (_speaker ? 2 : 0) | (_refresh ? 0x10 : 0) | (speaker.Output ? 0x20 : 0));
                default:
                    return 0xFF;
            }
        }
    }

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        lock (_lock)
        {
            switch (port)
            {
                case 0x40:
                    if (_channels[0].Write(value))
                    {
                        ArmTimer();
                    }

                    break;
                case 0x41:
                    _channels[1].Write(value);
                    break;
                case 0x42:
                    _channels[2].Write(value);
                    break;
                case 0x43:
                    WriteControl(value);
                    break;
                case 0x61:
                    _channels[SpeakerChannel].Gate = (value & 1) != 0;
                    _speaker = (value & 2) != 0;
                    break;
            }
        }
    }

    private void WriteControl(byte control)
    {
        int select = control >> 6;
        if (select == 3)
        {
            // Read-back command: count and status are latched where their bit is 0.
            for (int i = 0; i < _channels.Length; i++)
            {
                if ((control & (2 << i)) != 0)
                {
                    if ((control & 0x20) == 0)
                    {
                        _channels[i].LatchCount();
                    }

                    if ((control & 0x10) == 0)
                    {
                        _channels[i].LatchStatus();
                    }
                }
            }
        }
        else if ((control & 0x30) == 0)
        {
            _channels[select].LatchCount();
        }
        else
        {
            _channels[select].SetControl(control);
            if (select == 0)
            {
                ArmTimer(VmTimer.Never);
                SetLine(false);
            }
        }
    }

    // The controllers look at rising edges alone, so OUT falls only just before it rises again, or at a new programme.
    private void ArmTimer()
    {
        SetLine(false);
        ArmTimer(_channels[0].NextRise(_clock.Now));
    }

    private void ArmTimer(long deadline)
    {
        _rise = deadline;
        _timer.Set(deadline);
    }

    private void OnRise()
    {
        lock (_lock)
        {
            // The channel may have been programmed anew since the timer came due.
            long now = _clock.Now;
            if (_rise > now)
            {
                return;
            }

            SetLine(false);
            SetLine(true);

            // A busy host is late. Ticks that were missed come faster afterwards: a guest that has no other clock yet counts them.
            _rise = _channels[0].NextRise(Math.Max(_rise, now - LongestBacklog));
            _timer.Set(_rise == VmTimer.Never ? _rise : Math.Max(_rise, now + ShortestPeriod));
        }
    }

    private void SetLine(bool asserted)
    {
        _lineAsserted = asserted;
        _line.Set(asserted);
    }

    private void ResetRegisters()
    {
        foreach (PitChannel channel in _channels)
        {
            channel.Reset();
        }

        _channels[SpeakerChannel].Gate = false;
        _speaker = false;
        _refresh = false;
        _lineAsserted = false;
    }
}
