using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Test;

/// <summary>kvm-unit-tests' 64 KiB of device memory at FF000000h, which reads back what was written.</summary>
internal sealed class TestMemoryLatch : IMmioDevice, IDevice
{
    private const ulong Address = 0xFF00_0000;

    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[64 << 10];

    /// <inheritdoc/>
    public string StateName => "test-memory";

    public void Connect(IDeviceBus bus) => bus.AddMemory(Address, (ulong)_bytes.Length, this);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            Array.Clear(_bytes);
        }
    }

    /// <inheritdoc/>
    public void ReadMemory(ulong offset, Span<byte> data)
    {
        data.Fill(0xFF);
        lock (_lock)
        {
            Span<byte> bytes = _bytes.AsSpan((int)offset);
            bytes[..Math.Min(bytes.Length, data.Length)].CopyTo(data);
        }
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            Span<byte> bytes = _bytes.AsSpan((int)offset);
            data[..Math.Min(bytes.Length, data.Length)].CopyTo(bytes);
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
}
