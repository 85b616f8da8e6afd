using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>
/// The two reset registers beside the keyboard controller's: the reset control register at CF9h, which the FADT names, and
/// system control port A at 92h.
/// </summary>
internal sealed class ResetControl(Action<PowerEvent> power) : ByteRegisters, IDevice
{
    /// <summary>Port of the reset control register.</summary>
    public const ushort Port = 0xCF9;

    /// <summary>What to write there for a reset: RST_CPU and SYS_RST.</summary>
    public const byte ResetValue = 0x06;

    private const ushort SystemControlPortA = 0x92;
    private const byte ResetCpu = 4;
    private const byte A20Gate = 2;
    private const byte FastReset = 1;

    private int _control;

    /// <inheritdoc/>
    public string StateName => "reset-control";

    public void Connect(IDeviceBus bus)
    {
        bus.AddPorts(Port, 1, this);
        bus.AddPorts(SystemControlPortA, 1, this);
    }

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref _control, 0);

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.Write(1, (ulong)(byte)Volatile.Read(ref _control));

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        Volatile.Write(ref _control, (byte)reader.ReadUInt64(1));
        reader.End();
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port) => port switch
    {
        Port => (byte)Volatile.Read(ref _control),
        SystemControlPortA => A20Gate,
        _ => 0xFF,
    };

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        if (port == Port)
        {
            Volatile.Write(ref _control, value & ~ResetCpu);
            if ((value & ResetCpu) != 0)
            {
                power(PowerEvent.Reset);
            }
        }
        else if (port == SystemControlPortA && (value & FastReset) != 0)
        {
            power(PowerEvent.Reset);
        }
    }
}
