using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// The ACPI fixed hardware: PM1a event and control blocks and the power-management timer (ACPI 6.5 §4.8). There is no SMI
/// command port: the machine is always in ACPI mode.
/// </summary>
internal sealed class AcpiPowerManagement : IPortDevice, IDevice
{
    /// <summary>Port of the PM1a event block: status at +0, enable at +2.</summary>
    public const ushort EventBlock = 0x600;

    /// <summary>Port of the PM1a control block.</summary>
    public const ushort ControlBlock = 0x604;

    /// <summary>Port of the power-management timer, 32 bits wide.</summary>
    public const ushort TimerBlock = 0x608;

    /// <summary>The system control interrupt (SCI), level triggered.</summary>
    public const int Interrupt = 9;

    /// <summary>SLP_TYP that the DSDT gives for S5.</summary>
    public const byte SoftOffSleepType = 5;

    private const ushort TimerStatus = 1 << 0;
    private const ushort PowerButtonStatus = 1 << 8;
    private const ushort StatusBits = 0x8F31;
    private const ushort EnableBits = 0x0721;
    private const ushort SciEnable = 1;
    private const ushort SleepEnable = 1 << 13;
    private const ushort ControlBits = 0x1C06;
    private const ulong HalfPeriod = 1UL << 31;

    private static readonly TickRate Rate = new(3_579_545);

    private readonly Lock _lock = new();
    private readonly VmClock _clock;
    private readonly LineInterrupt _sci;
    private readonly Action<PowerEvent> _power;
    private readonly VmTimer _overflow;
    private ushort _status;
    private ushort _enable;
    private ushort _control;
    private ulong _seenHalves;

    /// <summary>Creates the block.</summary>
    /// <param name="clock">The guest's time.</param>
    /// <param name="sci">The system control interrupt.</param>
    /// <param name="power">Is told of soft-off, on the thread that wrote the register.</param>
    public AcpiPowerManagement(VmClock clock, LineInterrupt sci, Action<PowerEvent> power)
    {
        _clock = clock;
        _sci = sci;
        _power = power;
        _overflow = clock.CreateTimer(OnOverflow);
    }

    /// <inheritdoc/>
    public string StateName => "acpi-pm";

    public void Connect(IDeviceBus bus) => bus.AddPorts(EventBlock, TimerBlock + 4 - EventBlock, this);

    /// <summary>Presses the power button for a moment: an operating system with ACPI shuts down.</summary>
    public void PressPowerButton()
    {
        lock (_lock)
        {
            _status |= PowerButtonStatus;
            UpdateSci();
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            _status = 0;
            _enable = 0;
            _control = 0;
            _seenHalves = Rate.ToTicks(_clock.Now) / HalfPeriod;
            UpdateSci();
        }
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint mask = size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1;
        lock (_lock)
        {
            switch (port)
            {
                case >= EventBlock and < ControlBlock:
                    CatchUp();
                    return (uint)(((ulong)_status | ((ulong)_enable << 16)) >> ((port - EventBlock) * 8)) & mask;
                case >= ControlBlock and < TimerBlock:
                    return ((uint)(_control | SciEnable) >> ((port - ControlBlock) * 8)) & mask;
                case >= TimerBlock and < TimerBlock + 4:
                    return ((uint)Rate.ToTicks(_clock.Now) >> ((port - TimerBlock) * 8)) & mask;
                default:
                    return uint.MaxValue & mask;
            }
        }
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool powerOff = false;
        lock (_lock)
        {
            for (int i = 0; i < size; i++)
            {
                powerOff |= WriteByte(port + i, (byte)(value >> (i * 8)));
            }

            UpdateSci();
        }

        if (powerOff)
        {
            _power(PowerEvent.PowerOff);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, [_status, _enable, _control, _seenHalves]);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            Span<ulong> registers = [0, 0, 0, Rate.ToTicks(_clock.Now) / HalfPeriod];
            reader.ReadUInt64s(1, registers);
            reader.End();
            _status = (ushort)(registers[0] & StatusBits);
            _enable = (ushort)(registers[1] & EnableBits);
            _control = (ushort)(registers[2] & ControlBits);
            _seenHalves = registers[3];
            UpdateSci();
        }
    }

    private bool WriteByte(int port, byte value)
    {
        switch (port)
        {
            case EventBlock:
            case EventBlock + 1:
                CatchUp();
                _status &= (ushort)~(value << ((port - EventBlock) * 8));
                return false;
            case EventBlock + 2:
                _enable = (ushort)(((_enable & 0xFF00) | value) & EnableBits);
                return false;
            case EventBlock + 3:
                _enable = (ushort)(((_enable & 0x00FF) | (value << 8)) & EnableBits);
                return false;
            case ControlBlock:
                _control = (ushort)(((_control & 0xFF00) | value) & ControlBits);
                return false;
            case ControlBlock + 1:
                ushort control = (ushort)((_control & 0x00FF) | (value << 8));
                _control = (ushort)(control & ControlBits);
                return (control & SleepEnable) != 0 && ((control >> 10) & 7) == SoftOffSleepType;
            default:
                return false;
        }
    }

    // TMR_STS is set whenever the timer's highest bit changes.
    private void CatchUp()
    {
        ulong halves = Rate.ToTicks(_clock.Now) / HalfPeriod;
        if (halves != _seenHalves)
        {
            _seenHalves = halves;
            _status |= TimerStatus;
        }
    }

    private void UpdateSci()
    {
        CatchUp();
        _sci.Set((_status & _enable) != 0);
        _overflow.Set((_enable & TimerStatus) == 0 ? VmTimer.Never : Rate.ToNanoseconds((_seenHalves + 1) * HalfPeriod));
    }

    private void OnOverflow()
    {
        lock (_lock)
        {
            UpdateSci();
        }
    }
}
