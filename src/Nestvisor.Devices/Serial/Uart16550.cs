using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Serial;

/// <summary>
/// A 16550A serial port (National PC16550D data sheet). Sending takes no time: the transmitter is always empty again by the
/// next access. Output is collected and handed to the back end by lines or after a short while.
/// </summary>
internal sealed class Uart16550 : ByteRegisters, IDevice
{
    private const int FifoSize = 16;
    private const long FlushDelay = 2_000_000;
    private const byte DivisorLatchAccess = 0x80;
    private const byte Loopback = 0x10;
    private const byte Out2 = 0x08;
    private const byte DataReady = 0x01;
    private const byte OverrunError = 0x02;
    private const byte TransmitterEmpty = 0x60;
    private const byte CarrierReadyClear = 0xB0;

    private readonly Lock _lock = new();
    private readonly ushort _port;
    private readonly LineInterrupt _line;
    private readonly ISerialBackend _backend;
    private readonly VmTimer _flushTimer;
    private readonly byte[] _outgoing = new byte[256];
    private readonly byte[] _incoming = new byte[FifoSize];
    private int _outgoingCount;
    private int _incomingFirst;
    private int _incomingCount;
    private readonly VmClock _clock;
    private byte _interruptEnable;
    private byte _fifoControl;
    private byte _lineControl;
    private byte _modemControl;
    private byte _modemStatus;
    private byte _scratch;
    private ushort _divisor;
    private bool _overrun;
    private bool _transmitInterrupt;

    /// <summary>Creates a port.</summary>
    /// <param name="name">Its name in saved state.</param>
    /// <param name="port">The first of its eight I/O ports.</param>
    /// <param name="clock">The guest's time.</param>
    /// <param name="line">Its interrupt.</param>
    /// <param name="backend">The host's end.</param>
    public Uart16550(string name, ushort port, VmClock clock, LineInterrupt line, ISerialBackend backend)
    {
        StateName = name;
        _port = port;
        _line = line;
        _backend = backend;
        _clock = clock;
        _flushTimer = clock.CreateTimer(Flush);
        ResetRegisters();
        backend.Attach(OnInput);
    }

    /// <inheritdoc/>
    public string StateName { get; }

    private bool FifoEnabled => (_fifoControl & 1) != 0;

    private bool InLoopback => (_modemControl & Loopback) != 0;

    private bool DivisorAccess => (_lineControl & DivisorLatchAccess) != 0;

    public void Connect(IDeviceBus bus) => bus.AddPorts(_port, 8, this);

    /// <summary>Hands everything that was sent to the back end.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            FlushLocked();
        }
    }

    /// <inheritdoc/>
    public void Pause() => Flush();

    /// <inheritdoc/>
    public void Resume() => OnInput();

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            FlushLocked();
            ResetRegisters();
            UpdateInterrupt();
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, [_interruptEnable, _fifoControl, _lineControl, _modemControl, _modemStatus, _scratch]);
            writer.Write(2, (ulong)_divisor);
            writer.Write(3, _overrun);
            writer.Write(4, _transmitInterrupt);
            byte[] received = new byte[_incomingCount];
            for (int i = 0; i < received.Length; i++)
            {
                received[i] = _incoming[(_incomingFirst + i) % FifoSize];
            }

            writer.Write(5, received);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            ResetRegisters();
            Span<byte> bytes = [_interruptEnable, _fifoControl, _lineControl, _modemControl, _modemStatus, _scratch];
            reader.ReadBytes(1, bytes);
            _divisor = (ushort)reader.ReadUInt64(2, _divisor);
            _overrun = reader.ReadBoolean(3);
            _transmitInterrupt = reader.ReadBoolean(4);
            ReadOnlySpan<byte> received = reader.ReadBytes(5).Span;
            reader.End();
            if (received.Length > FifoSize)
            {
                throw new InvalidDataException($"The saved state of {StateName} holds more input than its FIFO.");
            }

            (_interruptEnable, _fifoControl, _lineControl) = ((byte)(bytes[0] & 0x0F), bytes[1], bytes[2]);
            (_modemControl, _modemStatus, _scratch) = ((byte)(bytes[3] & 0x1F), bytes[4], bytes[5]);
            received.CopyTo(_incoming);
            _incomingCount = received.Length;
            UpdateInterrupt();
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            switch (port - _port)
            {
                case 0:
                    return DivisorAccess ? (byte)_divisor : ReadReceiver();
                case 1:
                    return DivisorAccess ? (byte)(_divisor >> 8) : _interruptEnable;
                case 2:
                    return ReadInterruptIdentification();
                case 3:
                    return _lineControl;
                case 4:
                    return _modemControl;
                case 5:
                    PullInput();
                    byte status = (byte)(TransmitterEmpty | (_incomingCount != 0 ? DataReady : 0) | (_overrun ? OverrunError : 0));
                    _overrun = false;
                    UpdateInterrupt();
                    return status;
                case 6:
                    byte modem = _modemStatus;
                    _modemStatus &= 0xF0;
                    UpdateInterrupt();
                    return modem;
                case 7:
                    return _scratch;
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
            switch (port - _port)
            {
                case 0 when DivisorAccess:
                    _divisor = (ushort)((_divisor & 0xFF00) | value);
                    return;
                case 0:
                    Transmit(value);
                    break;
                case 1 when DivisorAccess:
                    _divisor = (ushort)((_divisor & 0x00FF) | (value << 8));
                    return;
                case 1:
                    // Enabling the interrupt while the transmitter is empty raises it.
                    _transmitInterrupt |= (value & ~_interruptEnable & 2) != 0;
                    _interruptEnable = (byte)(value & 0x0F);
                    break;
                case 2:
                    WriteFifoControl(value);
                    break;
                case 3:
                    _lineControl = value;
                    return;
                case 4:
                    _modemControl = (byte)(value & 0x1F);
                    UpdateModemStatus();
                    break;
                case 7:
                    _scratch = value;
                    return;
                default:
                    return;
            }

            UpdateInterrupt();
        }
    }

    private void OnInput()
    {
        lock (_lock)
        {
            PullInput();
            UpdateInterrupt();
        }
    }

    private void PullInput()
    {
        if (InLoopback || _incomingCount != 0)
        {
            return;
        }

        _incomingFirst = 0;
        _incomingCount = Math.Clamp(_backend.Read(_incoming.AsSpan(0, FifoEnabled ? FifoSize : 1)), 0, FifoSize);
    }

    private byte ReadReceiver()
    {
        PullInput();
        if (_incomingCount == 0)
        {
            return 0;
        }

        byte value = _incoming[_incomingFirst];
        _incomingFirst = (_incomingFirst + 1) % FifoSize;
        _incomingCount--;
        PullInput();
        UpdateInterrupt();
        return value;
    }

    private void Transmit(byte value)
    {
        _transmitInterrupt = true;
        if (InLoopback)
        {
            if (_incomingCount >= (FifoEnabled ? FifoSize : 1))
            {
                _overrun = true;
                return;
            }

            _incoming[(_incomingFirst + _incomingCount) % FifoSize] = value;
            _incomingCount++;
            return;
        }

        _outgoing[_outgoingCount++] = value;
        if (value == '\n' || _outgoingCount == _outgoing.Length)
        {
            FlushLocked();
        }
        else if (_outgoingCount == 1)
        {
            _flushTimer.Set(_clock.Now + FlushDelay);
        }
    }

    private void FlushLocked()
    {
        if (_outgoingCount != 0)
        {
            _backend.Write(_outgoing.AsSpan(0, _outgoingCount));
            _outgoingCount = 0;
        }
    }

    private void WriteFifoControl(byte value)
    {
        bool toggled = ((value ^ _fifoControl) & 1) != 0;
        if (toggled || (value & 2) != 0)
        {
            _incomingCount = 0;
        }

        _fifoControl = (byte)((value & 1) != 0 ? value & 0xC9 : 0);
        PullInput();
    }

    private void UpdateModemStatus()
    {
        // In loopback RTS, DTR, OUT1 and OUT2 appear as CTS, DSR, RI and DCD; else the other end is ready.
        byte lines = InLoopback
            ? (byte)(((_modemControl & 2) << 3) | ((_modemControl & 1) << 5) | ((_modemControl & 4) << 4) | ((_modemControl & 8) << 4))
            : CarrierReadyClear;
        byte changed = (byte)((_modemStatus ^ lines) & 0xF0);

        // TERI is set by the trailing edge of RI alone.
        byte deltas = (byte)((changed & 0xB0) >> 4);
        if ((changed & 0x40) != 0 && (lines & 0x40) == 0)
        {
            deltas |= 4;
        }

        _modemStatus = (byte)(lines | (_modemStatus & 0x0F) | deltas);
    }

    // IIR bits 3:0 by priority (data sheet table 5); 1 if nothing is pending.
    private byte PendingInterrupt
    {
        get
        {
            if ((_interruptEnable & 4) != 0 && _overrun)
            {
                return 0x06;
            }

            if ((_interruptEnable & 1) != 0 && _incomingCount != 0)
            {
                return FifoEnabled && _incomingCount < TriggerLevel ? (byte)0x0C : (byte)0x04;
            }

            if ((_interruptEnable & 2) != 0 && _transmitInterrupt)
            {
                return 0x02;
            }

            return (_interruptEnable & 8) != 0 && (_modemStatus & 0x0F) != 0 ? (byte)0x00 : (byte)0x01;
        }
    }

    private int TriggerLevel => (_fifoControl >> 6) switch
    {
        0 => 1,
        1 => 4,
        2 => 8,
        _ => 14,
    };

    private byte ReadInterruptIdentification()
    {
        PullInput();
        byte pending = PendingInterrupt;
        if (pending == 0x02)
        {
            _transmitInterrupt = false;
        }

        UpdateInterrupt();
        return (byte)(pending | (FifoEnabled ? 0xC0 : 0));
    }

    // On the PC, OUT2 gates the interrupt onto the bus, and loopback takes OUT2 off its pin.
    private void UpdateInterrupt() => _line.Set(PendingInterrupt != 0x01 && (_modemControl & (Out2 | Loopback)) == Out2);

    private void ResetRegisters()
    {
        _interruptEnable = 0;
        _fifoControl = 0;
        _lineControl = 0x03;
        _modemControl = 0;
        _modemStatus = CarrierReadyClear;
        _scratch = 0;
        _divisor = 1;
        _overrun = false;
        _transmitInterrupt = false;
        _incomingFirst = 0;
        _incomingCount = 0;
        _outgoingCount = 0;
    }
}
