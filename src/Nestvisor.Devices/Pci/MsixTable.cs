using System.Buffers.Binary;
using Nestvisor.Devices.Iommu;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Pci;

/// <summary>
/// The MSI-X table and pending bit array of a function (PCI Local Bus 3.0 §6.8.2). A masked vector's request waits in its
/// pending bit and is sent when the vector is unmasked.
/// </summary>
internal sealed class MsixTable : IMmioDevice, IDisposable
{
    public const byte CapabilityId = 0x11;
    public const int MaxVectors = 64;
    public const uint PendingOffset = 0x800;
    public const ulong Size = 0x1000;

    private const int EntrySize = 16;
    private const int ControlMask = 1;
    private const ushort ControlEnable = 0x8000;
    private const ushort ControlFunctionMask = 0x4000;

    private readonly Lock _lock = new();
    private readonly byte[] _table;
    private readonly MessageInterrupt[] _interrupts;
    private readonly Partition _partition;
    private readonly MsiMessage[] _configured;
    private IRemapper? _remapper;
    private ushort _requester;
    private ulong _pending;
    private bool _enabled;
    private bool _functionMasked;

    public MsixTable(int vectors, Partition partition)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vectors, MaxVectors);
        Vectors = vectors;
        _partition = partition;
        _table = new byte[vectors * EntrySize];
        _interrupts = new MessageInterrupt[vectors];
        _configured = new MsiMessage[vectors];
        for (int i = 0; i < vectors; i++)
        {
            _interrupts[i] = partition.CreateMessageInterrupt();
        }

        Reset();
    }

    public int Vectors { get; }

    public int CapabilityOffset { get; set; }

    public bool IsEnabled => Volatile.Read(ref _enabled);

    /// <summary>Puts the function on a bus. Only before the machine starts.</summary>
    /// <param name="remapper">What its messages go through.</param>
    /// <param name="requester">The function's number.</param>
    public void Connect(IRemapper remapper, ushort requester) => (_remapper, _requester) = (remapper, requester);

    /// <summary>Requests an interrupt. Safe from any thread.</summary>
    /// <returns>False if MSI-X is off, so that the function has to use its pin.</returns>
    public bool Signal(int vector)
    {
        lock (_lock)
        {
            if (!_enabled)
            {
                return false;
            }

            if ((uint)vector < (uint)Vectors)
            {
                _pending |= 1UL << vector;
                Deliver(vector);
            }

            return true;
        }
    }

    /// <summary>Takes over the Message Control register.</summary>
    public void SetControl(ushort control)
    {
        lock (_lock)
        {
            Volatile.Write(ref _enabled, (control & ControlEnable) != 0);
            _functionMasked = (control & ControlFunctionMask) != 0;
            if (!_enabled)
            {
                _pending = 0;
            }

            DeliverAll();
        }
    }

    public void ReadMemory(ulong offset, Span<byte> data)
    {
        Span<byte> pending = stackalloc byte[8];
        lock (_lock)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(pending, _pending);
            for (int i = 0; i < data.Length; i++)
            {
                ulong at = offset + (ulong)i;
                data[i] = at < (ulong)_table.Length ? _table[at]
                    : at >= PendingOffset && at < PendingOffset + 8 ? pending[(int)(at - PendingOffset)]
                    : (byte)0;
            }
        }
    }

    public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            for (int i = 0; i < data.Length && offset + (ulong)i < (ulong)_table.Length; i++)
            {
                int at = (int)offset + i;
                byte writable = (at % EntrySize) switch
                {
                    0 => 0xFC,
                    12 => ControlMask,
                    > 12 => 0,
                    _ => 0xFF,
                };
                _table[at] = (byte)(data[i] & writable);
            }

            DeliverAll();
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            Array.Clear(_table);
            for (int i = 0; i < Vectors; i++)
            {
                _table[(i * EntrySize) + 12] = ControlMask;
            }

            _pending = 0;
            _enabled = false;
            _functionMasked = false;
        }
    }

    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            writer.Write(1, _table);
            writer.Write(2, _pending);
        }
    }

    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            reader.ReadBytes(1, _table);
            ulong pending = reader.ReadUInt64(2);
            for (int i = 0; i < Vectors; i++)
            {
                Span<byte> entry = _table.AsSpan(i * EntrySize, EntrySize);
                if ((entry[0] & 3) != 0 || (entry[12] & ~ControlMask) != 0 || entry[13..].IndexOfAnyExcept((byte)0) >= 0)
                {
                    throw new InvalidDataException($"The saved MSI-X table has reserved bits set in entry {i}.");
                }
            }

            if (Vectors < 64 && pending >> Vectors != 0)
            {
                throw new InvalidDataException("The saved MSI-X state has a pending bit of a vector that does not exist.");
            }

            _pending = pending;
            DeliverAll();
        }
    }

    public void Dispose()
    {
        foreach (MessageInterrupt interrupt in _interrupts)
        {
            interrupt.Dispose();
        }
    }

    private void DeliverAll()
    {
        for (int i = 0; i < Vectors; i++)
        {
            Deliver(i);
        }
    }

    private void Deliver(int vector)
    {
        ReadOnlySpan<byte> entry = _table.AsSpan(vector * EntrySize, EntrySize);
        if (!_enabled || _functionMasked || (entry[12] & ControlMask) != 0)
        {
            return;
        }

        // Only local APICs take messages here; a message to any other address is lost.
        MsiMessage message = new(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]));
        bool valid = message.Address >> 20 == 0xFEE;
        if (valid && message != _configured[vector])
        {
            _interrupts[vector].Configure(message);
            _configured[vector] = message;
        }

        if ((_pending & (1UL << vector)) != 0)
        {
            _pending &= ~(1UL << vector);
            if (valid && _remapper is { RemapsInterrupts: true })
            {
                if (_remapper.TryRemap(_requester, message, report: true, out MsiMessage remapped))
                {
                    _partition.SendMessage(remapped);
                }
            }
            else if (valid)
            {
                _interrupts[vector].Signal();
            }
        }
    }
}
