using System.Buffers.Binary;
using Nestvisor.Devices.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Chipset;

/// <summary>The I/O APIC (Intel 82093AA data sheet), version 20h with its EOI register, 24 pins.</summary>
internal sealed class IoApic : IMmioDevice, IDevice
{
    /// <summary>Number of interrupt inputs.</summary>
    public const int PinCount = 24;

    /// <summary>The APIC id that the MADT tells.</summary>
    public const byte DefaultId = 0;

    private const ulong DeliveryStatus = 1UL << 12;
    private const ulong RemoteIrr = 1UL << 14;
    private const ulong LevelTriggered = 1UL << 15;
    private const ulong Masked = 1UL << 16;
    private const ulong Writable = 0xFF00_0000_0001_AFFF;

    // With a remapping unit, the rest of an entry's index and its format (VT-d 3.3 §5.1.5.1).
    private const ulong RemappingWritable = 0x00FF_0000_0000_0000;

    private readonly Lock _lock = new();
    private readonly Partition _partition;
    private readonly IRemapper? _remapper;
    private readonly ulong _writable;
    private readonly ulong[] _entries = new ulong[PinCount];
    private uint _lines;
    private byte _select;
    private byte _id;

    /// <summary>Creates an IOAPIC with all pins masked.</summary>
    /// <param name="partition">Takes the messages.</param>
    /// <param name="remapper">What they go through; null if there is no remapping unit.</param>
    public IoApic(Partition partition, IRemapper? remapper = null)
    {
        _partition = partition;
        _remapper = remapper;
        _writable = remapper is null ? Writable : Writable | RemappingWritable;
        ResetRegisters();
    }

    /// <inheritdoc/>
    public string StateName => "ioapic";

    public void Connect(IDeviceBus bus) => bus.AddMemory(PlatformAddresses.IoApic, 0x1000, this);

    /// <summary>Drives a pin.</summary>
    /// <param name="pin">0 to 23.</param>
    /// <param name="asserted">The line's level; polarity is the board's business.</param>
    public void SetPin(int pin, bool asserted)
    {
        lock (_lock)
        {
            uint bit = 1u << pin;
            bool rising = asserted && (_lines & bit) == 0;
            _lines = asserted ? _lines | bit : _lines & ~bit;

            // An edge at a masked pin is lost, a level is not (82093AA §3.2.4, interrupt mask).
            if ((_entries[pin] & LevelTriggered) != 0)
            {
                DeliverLevel(pin);
            }
            else if (rising && (_entries[pin] & Masked) == 0)
            {
                Send(_entries[pin]);
            }
        }
    }

    /// <summary>The remapping unit may send other messages than before.</summary>
    public void RemappingChanged()
    {
        lock (_lock)
        {
            UpdateRoutes();
        }
    }

    /// <summary>A level-triggered interrupt has ended in a local APIC.</summary>
    /// <param name="vector">Its vector.</param>
    public void EndOfInterrupt(byte vector)
    {
        lock (_lock)
        {
            for (int pin = 0; pin < PinCount; pin++)
            {
                ulong entry = _entries[pin];
                if ((byte)entry == vector && (entry & (RemoteIrr | LevelTriggered)) == (RemoteIrr | LevelTriggered))
                {
                    _entries[pin] = entry & ~RemoteIrr;
                    if ((entry & Masked) != 0)
                    {
                        UpdateRoutes();
                    }

                    DeliverLevel(pin);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            ResetRegisters();
            UpdateRoutes();
        }
    }

    /// <inheritdoc/>
    public void ReadMemory(ulong offset, Span<byte> data)
    {
        data.Fill(0xFF);
        uint value;
        lock (_lock)
        {
            value = (offset & ~3UL) switch
            {
                0x00 => _select,
                0x10 => ReadRegister(),
                _ => 0,
            };
        }

        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        bytes = bytes[(int)(offset & 3)..];
        bytes[..Math.Min(bytes.Length, data.Length)].CopyTo(data);
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
    {
        // The registers are 32 bits wide; software must write them whole, but the select register takes a byte as well.
        uint value = data.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data) : data[0];
        lock (_lock)
        {
            switch (offset)
            {
                case 0x00:
                    _select = (byte)value;
                    break;
                case 0x10 when data.Length >= 4:
                    WriteRegister(value);
                    break;
                case 0x40:
                    EndOfInterrupt((byte)value);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, _entries);
            writer.Write(2, _lines);
            writer.Write(3, (ulong)_select);
            writer.Write(4, (ulong)_id);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            ResetRegisters();
            reader.ReadUInt64s(1, _entries);
            foreach (ref ulong entry in _entries.AsSpan())
            {
                entry &= _writable | RemoteIrr;
            }

            _lines = (uint)reader.ReadUInt64(2) & ((1u << PinCount) - 1);
            _select = (byte)reader.ReadUInt64(3);
            _id = (byte)(reader.ReadUInt64(4) & 0x0F);
            reader.End();
            UpdateRoutes();
        }
    }

    private static MsiMessage ToMessage(ulong entry) => MsiMessage.Create(
        (byte)(entry >> 56), (entry & (1UL << 11)) != 0, (byte)entry, (int)(entry >> 8) & 7, (entry & LevelTriggered) != 0);

    private void DeliverLevel(int pin)
    {
        if ((_lines & (1u << pin)) != 0 && (_entries[pin] & (RemoteIrr | Masked | LevelTriggered)) == LevelTriggered)
        {
            _entries[pin] |= RemoteIrr;
            Send(_entries[pin]);
        }
    }

    private void Send(ulong entry)
    {
        if (TryGetMessage(entry, report: true, out MsiMessage message))
        {
            _partition.SendMessage(message);
        }
    }

    // An entry's upper bits are those of a message's address, in either format (VT-d 3.3 §5.1.5.1).
    private bool TryGetMessage(ulong entry, bool report, out MsiMessage message)
    {
        message = ToMessage(entry);
        if (_remapper is not { RemapsInterrupts: true })
        {
            return true;
        }

        MsiMessage request = message with { Address = message.Address | ((entry >> 44) & 0xFF0) };
        return _remapper.TryRemap(null, request, report, out message);
    }

    private uint ReadRegister()
    {
        int index = _select - 0x10;
        if (index >= 0 && index < PinCount * 2)
        {
            return (uint)(_entries[index / 2] >> (index % 2 * 32));
        }

        return _select switch
        {
            0 or 2 => (uint)_id << 24,
            1 => 0x20 | ((PinCount - 1) << 16),
            _ => 0,
        };
    }

    private void WriteRegister(uint value)
    {
        int index = _select - 0x10;
        if (_select == 0)
        {
            _id = (byte)((value >> 24) & 0x0F);
        }
        else if (index >= 0 && index < PinCount * 2)
        {
            int pin = index / 2;
            ulong entry = _entries[pin];
            int shift = index % 2 * 32;
            ulong half = 0xFFFF_FFFFUL << shift;
            entry = (entry & ~(half & _writable)) | (((ulong)value << shift) & _writable);

            // An edge-triggered entry has no remote IRR; Linux toggles the mode to clear a stuck one.
            if ((entry & LevelTriggered) == 0)
            {
                entry &= ~RemoteIrr;
            }

            _entries[pin] = entry & ~DeliveryStatus;
            UpdateRoutes();
            DeliverLevel(pin);
        }
    }

    private void UpdateRoutes()
    {
        Span<MsiMessage> routes = stackalloc MsiMessage[PinCount];
        for (int pin = 0; pin < PinCount; pin++)
        {
            // A masked interrupt that is still in service ends later, so its EOI must reach us.
            ulong entry = _entries[pin];
            bool isNeeded = (entry & Masked) == 0 || (entry & RemoteIrr) != 0;
            routes[pin] = isNeeded && TryGetMessage(entry, report: false, out MsiMessage message) ? message : default;
        }

        _partition.SetIoApicRoutes(routes);
    }

    private void ResetRegisters()
    {
        _entries.AsSpan().Fill(Masked);
        _lines = 0;
        _select = 0;
        _id = DefaultId;
    }
}
