using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Test;

/// <summary>
/// The part of the fw_cfg interface that kvm-unit-tests asks: a key to port 510h, its bytes from port 511h. Processors at
/// key 5, bytes of RAM at key 3, and no limit at key 11h.
/// </summary>
/// <param name="processors">Number of processors.</param>
/// <param name="memory">Bytes of RAM.</param>
internal sealed class FirmwareConfiguration(int processors, ulong memory) : IPortDevice, IDevice
{
    private const ushort Selector = 0x510;
    private const ushort Data = 0x511;

    private readonly Lock _lock = new();
    private ushort _key;
    private int _offset;

    /// <inheritdoc/>
    public string StateName => "fw-cfg";

    public void Connect(IDeviceBus bus) => bus.AddPorts(Selector, 2, this);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            (_key, _offset) = (0, 0);
        }
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        if (port != Data)
        {
            return size == 4 ? uint.MaxValue : (1u << (size * 8)) - 1;
        }

        Span<byte> item = stackalloc byte[8];
        lock (_lock)
        {
            int length = 8;
            ulong value = 0;
            switch (_key)
            {
                case 0x00:
                    length = 4;
                    value = 0x554D4551; // "QEMU", the interface's signature
                    break;
                case 0x03:
                    value = memory;
                    break;
                case 0x05:
                    length = 2;
                    value = (ulong)processors;
                    break;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(item, value);
            uint result = 0;
            for (int i = 0; i < size; i++)
            {
                result |= (uint)(_offset < length ? item[_offset++] : 0) << (i * 8);
            }

            return result;
        }
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == Selector)
        {
            lock (_lock)
            {
                (_key, _offset) = ((ushort)value, 0);
            }
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, (ulong)_key);
            writer.Write(2, (ulong)_offset);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            _key = (ushort)reader.ReadUInt64(1);
            _offset = (int)Math.Min(reader.ReadUInt64(2), 8);
            reader.End();
        }
    }
}
