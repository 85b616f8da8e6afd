using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// The PC's two cascaded 8259A interrupt controllers at ports 20h and A0h, with the edge/level control registers at 4D0h
/// and 4D1h.
/// </summary>
internal sealed class PicPair : ByteRegisters, IDevice
{
    private const int SpuriousLine = 7;
    private const byte SciLineOnSlave = 1 << (AcpiPowerManagement.Interrupt - 8);

    private readonly Lock _lock = new();
    private readonly Action<bool> _intr;
    private readonly Pic8259 _master = new(isMaster: true);
    private readonly Pic8259 _slave = new(isMaster: false);
    private bool _intrAsserted;

    /// <summary>Creates the pair.</summary>
    /// <param name="intr">Drives INTR towards the processor. Called with the pair's lock held.</param>
    public PicPair(Action<bool> intr)
    {
        _intr = intr;
        ResetChips();
    }

    /// <inheritdoc/>
    public string StateName => "pic";

    public void Connect(IDeviceBus bus)
    {
        bus.AddPorts(0x20, 2, this);
        bus.AddPorts(0xA0, 2, this);
        bus.AddPorts(0x4D0, 2, this);
    }

    /// <summary>Drives an input.</summary>
    /// <param name="irq">0 to 15; 2 is the cascade and cannot be driven.</param>
    /// <param name="asserted">The line's level.</param>
    public void SetLine(int irq, bool asserted)
    {
        lock (_lock)
        {
            if (irq < 8)
            {
                _master.SetLine(irq, asserted);
            }
            else
            {
                _slave.SetLine(irq - 8, asserted);
            }

            Update();
        }
    }

    /// <summary>The interrupt-acknowledge cycle.</summary>
    /// <returns>The vector; that of line 7 if the request has gone (8259A data sheet, "Default IR7").</returns>
    public byte Acknowledge()
    {
        lock (_lock)
        {
            int line = _master.Acknowledge();
            byte vector;
            if (line == 2)
            {
                int slaveLine = _slave.Acknowledge();
                vector = _slave.VectorOf(slaveLine < 0 ? SpuriousLine : slaveLine);
            }
            else
            {
                vector = _master.VectorOf(line < 0 ? SpuriousLine : line);
            }

            Update();
            return vector;
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            ResetChips();
            Update();
        }
    }

    /// <summary>
    /// The state in which a PC's firmware starts programs in real mode: vectors from 08h and 70h on, the slave's lines and the
    /// cascade open.
    /// </summary>
    public void SetFirmwareState()
    {
        Initialize(0x20, vectors: 0x08, cascade: 1 << 2, mask: 0xFB);
        Initialize(0xA0, vectors: 0x70, cascade: 2, mask: 0);
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.WritePart(1, _master.Save);
            writer.WritePart(2, _slave.Save);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            ResetChips();
            _master.Restore(reader.ReadPart(1));
            _slave.Restore(reader.ReadPart(2));
            reader.End();
            Update(always: true);
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            byte value = port switch
            {
                0x20 => _master.ReadCommand(),
                0x21 => _master.ReadMask(),
                0xA0 => _slave.ReadCommand(),
                0xA1 => _slave.ReadMask(),
                0x4D0 => _master.EdgeLevel,
                0x4D1 => _slave.EdgeLevel,
                _ => 0xFF,
            };
            Update();
            return value;
        }
    }

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        lock (_lock)
        {
            switch (port)
            {
                case 0x20:
                    _master.WriteCommand(value);
                    break;
                case 0x21:
                    _master.WriteMask(value);
                    break;
                case 0xA0:
                    _slave.WriteCommand(value);
                    break;
                case 0xA1:
                    _slave.WriteMask(value);
                    break;
                case 0x4D0:
                    _master.EdgeLevel = value;
                    break;
                case 0x4D1:
                    _slave.EdgeLevel = value;
                    break;
            }

            Update();
        }
    }

    private void Initialize(ushort port, byte vectors, byte cascade, byte mask)
    {
        const byte Icw1 = 0x11;
        const byte Icw4 = 0x01;
        WriteByte(port, Icw1);
        foreach (byte word in (ReadOnlySpan<byte>)[vectors, cascade, Icw4, mask])
        {
            WriteByte((ushort)(port + 1), word);
        }
    }

    private void ResetChips()
    {
        _master.Reset();
        _slave.Reset();

        // What firmware leaves: the system control interrupt is level triggered.
        _slave.EdgeLevel = SciLineOnSlave;
    }

    private void Update(bool always = false)
    {
        _master.SetLine(2, _slave.Pending >= 0);
        bool asserted = _master.Pending >= 0;
        if (asserted != _intrAsserted || always)
        {
            _intrAsserted = asserted;
            _intr(asserted);
        }
    }
}
