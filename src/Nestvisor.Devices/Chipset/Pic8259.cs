using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>One 8259A interrupt controller (Intel 8259A data sheet). Not locked; <see cref="PicPair"/> does that.</summary>
internal sealed class Pic8259(bool isMaster)
{
    private const int CascadeLine = 2;

    private byte _lines;
    private byte _irr;
    private byte _isr;
    private byte _imr;
    private byte _lowestPriority = 7;
    private byte _vectorBase;
    private byte _initStep;
    private bool _needsIcw4;
    private bool _single;
    private bool _autoEoi;
    private bool _rotateOnAutoEoi;
    private bool _specialFullyNested;
    private bool _specialMask;
    private bool _readIsr;
    private bool _poll;
    private byte _edgeLevel;

    /// <summary>Edge/level control register: a set bit makes the line level triggered.</summary>
    public byte EdgeLevel
    {
        get => _edgeLevel;
        set => _edgeLevel = (byte)(value & (isMaster ? 0xF8 : 0xDE));
    }

    /// <summary>The line that would be acknowledged now, or -1: what drives INT.</summary>
    public int Pending
    {
        get
        {
            int request = HighestPriority((byte)(_irr & ~_imr));
            if (request < 0)
            {
                return -1;
            }

            byte serving = _specialMask ? (byte)(_isr & ~_imr) : _isr;
            if (isMaster && _specialFullyNested)
            {
                serving &= unchecked((byte)~(1 << CascadeLine));
            }

            int inService = HighestPriority(serving);
            return inService < 0 || Rank(request) < Rank(inService) ? request : -1;
        }
    }

    public void Reset()
    {
        ResetForInit();
        _imr = 0;
        _vectorBase = 0;
        _initStep = 0;
        _edgeLevel = 0;
        _lines = 0;
    }

    public void SetLine(int line, bool asserted)
    {
        byte bit = (byte)(1 << line);
        if (asserted)
        {
            if ((_edgeLevel & bit) != 0 || (_lines & bit) == 0)
            {
                _irr |= bit;
            }

            _lines |= bit;
        }
        else
        {
            // A level request goes away with its level, and so does the slave's. An edge stays latched, as virtual machines have it
            // everywhere: software counts on a pulse that ends before the processor takes interrupts again.
            byte levels = isMaster ? (byte)(_edgeLevel | (1 << CascadeLine)) : _edgeLevel;
            _irr &= (byte)(~bit | ~levels);
            _lines &= (byte)~bit;
        }
    }

    /// <summary>First INTA cycle: freezes priorities and puts the request into service.</summary>
    public int Acknowledge()
    {
        int line = Pending;
        if (line < 0)
        {
            return -1;
        }

        byte bit = (byte)(1 << line);
        if (!_autoEoi)
        {
            _isr |= bit;
        }
        else if (_rotateOnAutoEoi)
        {
            _lowestPriority = (byte)line;
        }

        if ((_edgeLevel & bit) == 0)
        {
            _irr &= (byte)~bit;
        }

        return line;
    }

    public byte VectorOf(int line) => (byte)(_vectorBase + line);

    public byte ReadCommand()
    {
        if (_poll)
        {
            _poll = false;
            int line = Acknowledge();
            return line < 0 ? (byte)0 : (byte)(0x80 | line);
        }

        return _readIsr ? _isr : _irr;
    }

    public byte ReadMask() => _poll ? ReadCommand() : _imr;

    public void WriteCommand(byte value)
    {
        if ((value & 0x10) != 0)
        {
            // ICW1
            ResetForInit();
            _initStep = 1;
            _needsIcw4 = (value & 1) != 0;
            _single = (value & 2) != 0;
        }
        else if ((value & 0x08) != 0)
        {
            // OCW3
            _poll = (value & 4) != 0;
            if ((value & 2) != 0)
            {
                _readIsr = (value & 1) != 0;
            }

            if ((value & 0x40) != 0)
            {
                _specialMask = (value & 0x20) != 0;
            }
        }
        else
        {
            EndOfInterrupt(value);
        }
    }

    public void WriteMask(byte value)
    {
        switch (_initStep)
        {
            case 1:
                _vectorBase = (byte)(value & 0xF8);
                _initStep = _single ? (byte)(_needsIcw4 ? 3 : 0) : (byte)2;
                break;
            case 2:
                _initStep = (byte)(_needsIcw4 ? 3 : 0);
                break;
            case 3:
                _autoEoi = (value & 2) != 0;
                _specialFullyNested = (value & 0x10) != 0;
                _initStep = 0;
                break;
            default:
                _imr = value;
                break;
        }
    }

    public void Save(StateWriter writer)
    {
        writer.Write(1, [_lines, _irr, _isr, _imr, _lowestPriority, _vectorBase, _initStep, _edgeLevel]);
        writer.Write(2, Flags);
    }

    public void Restore(StateReader reader)
    {
        Span<byte> bytes = [_lines, _irr, _isr, _imr, _lowestPriority, _vectorBase, _initStep, _edgeLevel];
        reader.ReadBytes(1, bytes);
        if (bytes[4] > 7 || bytes[6] > 3)
        {
            throw new InvalidDataException("The saved state of the 8259A is out of range.");
        }

        (_lines, _irr, _isr, _imr) = (bytes[0], bytes[1], bytes[2], bytes[3]);
        (_lowestPriority, _vectorBase, _initStep) = (bytes[4], (byte)(bytes[5] & 0xF8), bytes[6]);
        EdgeLevel = bytes[7];
        Flags = reader.ReadUInt64(2, Flags);
        reader.End();
    }

    private ulong Flags
    {
        get => Bit(_needsIcw4, 0) | Bit(_single, 1) | Bit(_autoEoi, 2) | Bit(_rotateOnAutoEoi, 3)
            | Bit(_specialFullyNested, 4) | Bit(_specialMask, 5) | Bit(_readIsr, 6) | Bit(_poll, 7);
        set
        {
            _needsIcw4 = (value & 1) != 0;
            _single = (value & 2) != 0;
            _autoEoi = (value & 4) != 0;
            _rotateOnAutoEoi = (value & 8) != 0;
            _specialFullyNested = (value & 0x10) != 0;
            _specialMask = (value & 0x20) != 0;
            _readIsr = (value & 0x40) != 0;
            _poll = (value & 0x80) != 0;
        }
    }

    private static ulong Bit(bool value, int position) => value ? 1UL << position : 0;

    private void EndOfInterrupt(byte ocw2)
    {
        int line = ocw2 & 7;
        switch (ocw2 >> 5)
        {
            case 0:
            case 4:
                _rotateOnAutoEoi = (ocw2 & 0x80) != 0;
                break;
            case 1:
            case 5:
                int serving = HighestPriority(_specialMask ? (byte)(_isr & ~_imr) : _isr);
                if (serving >= 0)
                {
                    _isr &= (byte)~(1 << serving);
                    if ((ocw2 & 0x80) != 0)
                    {
                        _lowestPriority = (byte)serving;
                    }
                }

                break;
            case 3:
                _isr &= (byte)~(1 << line);
                break;
            case 6:
                _lowestPriority = (byte)line;
                break;
            case 7:
                _isr &= (byte)~(1 << line);
                _lowestPriority = (byte)line;
                break;
        }
    }

    private void ResetForInit()
    {
        // Edge sense is cleared: a line must go low and high again; level lines ask on.
        _irr &= (byte)(_lines & _edgeLevel);
        _isr = 0;
        _imr = 0;
        _lowestPriority = 7;
        _autoEoi = false;
        _rotateOnAutoEoi = false;
        _specialFullyNested = false;
        _specialMask = false;
        _readIsr = false;
        _poll = false;
    }

    private int Rank(int line) => (line - _lowestPriority - 1) & 7;

    private int HighestPriority(byte lines)
    {
        if (lines == 0)
        {
            return -1;
        }

        for (int rank = 0; ; rank++)
        {
            int line = (_lowestPriority + 1 + rank) & 7;
            if ((lines & (1 << line)) != 0)
            {
                return line;
            }
        }
    }
}
