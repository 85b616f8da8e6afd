using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Test;

/// <summary>kvm-unit-tests' interrupt generator at ports 2000h to 2017h: a byte drives the line of that number.</summary>
internal sealed class TestInterruptPorts : ByteRegisters, IDevice
{
    private const ushort First = 0x2000;
    private const int Count = 24;

    private readonly Lock _lock = new();
    private readonly LineInterrupt[] _lines = new LineInterrupt[Count];
    private uint _levels;

    public TestInterruptPorts(IInterruptRouter router)
    {
        for (int i = 0; i < Count; i++)
        {
            _lines[i] = router.CreateLine(i);
        }
    }

    /// <inheritdoc/>
    public string StateName => "test-interrupts";

    public void Connect(IDeviceBus bus) => bus.AddPorts(First, Count, this);

    /// <inheritdoc/>
    public void Reset() => SetLevels(0);

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, (ulong)_levels);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        SetLevels((uint)reader.ReadUInt64(1));
        reader.End();
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port) => 0xFF;

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        if (port is >= First and < First + Count)
        {
            lock (_lock)
            {
                SetLine(port - First, (value & 1) != 0);
            }
        }
    }

    private void SetLevels(uint levels)
    {
        lock (_lock)
        {
            for (int i = 0; i < Count; i++)
            {
                SetLine(i, (levels & (1u << i)) != 0);
            }
        }
    }

    private void SetLine(int line, bool asserted)
    {
        _levels = asserted ? _levels | (1u << line) : _levels & ~(1u << line);
        _lines[line].Set(asserted);
    }
}
