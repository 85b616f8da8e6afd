using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// An 8042 keyboard controller without keyboard and mouse, at ports 60h and 64h: it resets the machine on request, and
/// answers at once that nothing is plugged in, so that no driver waits for a time-out.
/// </summary>
internal sealed class KeyboardController(Action<PowerEvent> power) : ByteRegisters, IDevice
{
    private const byte OutputFull = 0x01;
    private const byte SystemFlag = 0x04;
    private const byte LastWasCommand = 0x08;
    private const byte TimeoutError = 0x40;
    private const byte InterfaceClockLow = 0x01;
    private const byte Resend = 0xFE;

    private readonly Lock _lock = new();
    private byte _status = SystemFlag;
    private byte _output;
    private byte _commandByte = 0x74;
    private byte _pendingCommand;

    /// <inheritdoc/>
    public string StateName => "keyboard-controller";

    public void Connect(IDeviceBus bus)
    {
        bus.AddPorts(0x60, 1, this);
        bus.AddPorts(0x64, 1, this);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            _status = SystemFlag;
            _output = 0;
            _commandByte = 0x74;
            _pendingCommand = 0;
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, [_status, _output, _commandByte, _pendingCommand]);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            Span<byte> bytes = [SystemFlag, 0, 0x74, 0];
            reader.ReadBytes(1, bytes);
            reader.End();
            (_status, _output, _commandByte, _pendingCommand) = (bytes[0], bytes[1], bytes[2], bytes[3]);
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            if (port == 0x60)
            {
                _status &= unchecked((byte)~(OutputFull | TimeoutError));
                return _output;
            }

            return port == 0x64 ? _status : (byte)0xFF;
        }
    }

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        bool reset = false;
        lock (_lock)
        {
            if (port == 0x64)
            {
                _status |= LastWasCommand;
                reset = WriteCommand(value);
            }
            else if (port == 0x60)
            {
                _status &= unchecked((byte)~LastWasCommand);
                reset = WriteData(value);
            }
        }

        if (reset)
        {
            power(PowerEvent.Reset);
        }
    }

    private bool WriteCommand(byte command)
    {
        _pendingCommand = 0;
        switch (command)
        {
            case 0x20:
                Answer(_commandByte);
                break;
            case 0x60:
            case 0xD1:
            case 0xD2:
            case 0xD3:
            case 0xD4:
                _pendingCommand = command;
                break;
            case 0xA9:
            case 0xAB:
                Answer(InterfaceClockLow);
                break;
            case 0xAA:
                Answer(0x55);
                break;
            case 0xD0:
                Answer(0x03);
                break;
            case >= 0xF0:
                // Pulses output lines whose bit is 0; line 0 is the processor's reset.
                return (command & 1) == 0;
        }

        return false;
    }

    private bool WriteData(byte value)
    {
        byte command = _pendingCommand;
        _pendingCommand = 0;
        switch (command)
        {
            case 0x60:
                _commandByte = value;
                return false;
            case 0xD1:
                return (value & 1) == 0;
            case 0xD2:
            case 0xD3:
                Answer(value);
                return false;
            default:
                Answer(Resend);
                _status |= TimeoutError;
                return false;
        }
    }

    private void Answer(byte value)
    {
        _output = value;
        _status |= OutputFull;
    }
}
