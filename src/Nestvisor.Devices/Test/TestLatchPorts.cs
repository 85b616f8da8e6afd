using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Test;

/// <summary>kvm-unit-tests' latch at ports E0h to E3h, which reads back what was written; a flush request at E4h needs nothing.</summary>
internal sealed class TestLatchPorts : ByteRegisters, IDevice
{
    private const ushort First = 0xE0;

    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[4];

    /// <inheritdoc/>
    public string StateName => "test-latch";

    public void Connect(IDeviceBus bus) => bus.AddPorts(First, 5, this);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            Array.Clear(_bytes);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, _bytes);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            reader.ReadBytes(1, _bytes.AsSpan());
            reader.End();
        }
    }

    /// <inheritdoc/>
    protected override byte ReadByte(ushort port)
    {
        lock (_lock)
        {
            return port is >= First and < First + 4 ? _bytes[port - First] : (byte)0xFF;
        }
    }

    /// <inheritdoc/>
    protected override void WriteByte(ushort port, byte value)
    {
        lock (_lock)
        {
            if (port is >= First and < First + 4)
            {
                _bytes[port - First] = value;
            }
        }
    }
}
