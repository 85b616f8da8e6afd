using Nestvisor.Devices;
using Nestvisor.Devices.Chipset;
using Nestvisor.Virtualization;

namespace Nestvisor.Machine.Bus;

/// <summary>The bus that both engines call: ports, device memory, interrupt acknowledge and end of interrupt.</summary>
internal sealed class MachineBus : IMachineBus, IDeviceBus
{
    private readonly RangeMap<IPortDevice> _ports = new();
    private readonly RangeMap<IMmioDevice> _memory = new();
    private PicPair? _pic;
    private IoApic? _ioApic;

    /// <summary>Connects the interrupt controllers; before the first processor runs.</summary>
    public void Connect(PicPair pic, IoApic ioApic)
    {
        _pic = pic;
        _ioApic = ioApic;
    }

    /// <inheritdoc/>
    public IDisposable AddPorts(ushort first, int count, IPortDevice device)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _ports.Add(first, Math.Min((ulong)first + (ulong)count - 1, ushort.MaxValue), device);
    }

    /// <inheritdoc/>
    public IDisposable AddMemory(ulong address, ulong length, IMmioDevice device)
    {
        ArgumentOutOfRangeException.ThrowIfZero(length);
        ulong last = address + Math.Min(length - 1, ulong.MaxValue - address);
        return _memory.Add(address, last, device);
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        IPortDevice? device = _ports.Find(port, out _);
        return device?.ReadPort(port, size) ?? (size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => _ports.Find(port, out _)?.WritePort(port, size, value);

    /// <inheritdoc/>
    public void ReadMemory(ulong address, Span<byte> data)
    {
        IMmioDevice? device = _memory.Find(address, out ulong offset);
        if (device is null)
        {
            data.Fill(0xFF);
        }
        else
        {
            device.ReadMemory(offset, data);
        }
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong address, ReadOnlySpan<byte> data) =>
        _memory.Find(address, out ulong offset)?.WriteMemory(offset, data);

    /// <inheritdoc/>
    public byte AcknowledgeInterrupt() => _pic!.Acknowledge();

    /// <inheritdoc/>
    public void EndOfInterrupt(byte vector) => _ioApic!.EndOfInterrupt(vector);
}
