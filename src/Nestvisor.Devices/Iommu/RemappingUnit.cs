using System.Buffers.Binary;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Iommu;

/// <summary>
/// An Intel VT-d remapping unit for all functions of the bus and the IOAPIC (VT-d 3.3): legacy mode tables, queued invalidation,
/// interrupt remapping for xAPIC ids, primary fault logging. While it is off, addresses and messages are what they say.
/// </summary>
/// <remarks>
/// A guest finds it at its fixed address only: the ACPI tables do not name it, since virtio functions go round its translation
/// (virtio 1.2 §6.1, VIRTIO_F_ACCESS_PLATFORM is not offered).
/// </remarks>
internal sealed class RemappingUnit : IMmioDevice, IDevice, IRemapper
{
    private readonly Lock _lock = new();
    private readonly GuestMemory _memory;
    private readonly Partition _partition;
    private readonly VtdRegisters _registers = new();
    private readonly VtdEvent _faultEvent;
    private readonly VtdEvent _completionEvent;
    private readonly FaultLog _faults;
    private readonly InvalidationQueue _queue;
    private ulong _rootTable;
    private ulong _interruptTable;
    private bool _remapsInterrupts;

    /// <summary>Creates the unit, switched off.</summary>
    public RemappingUnit(GuestMemory memory, Partition partition)
    {
        _memory = memory;
        _partition = partition;
        _faultEvent = new VtdEvent(_registers, partition, VtdRegister.FaultControl);
        _completionEvent = new VtdEvent(_registers, partition, VtdRegister.InvalidationControl);
        _faults = new FaultLog(_registers, _faultEvent);
        _queue = new InvalidationQueue(_registers, memory, _faults, _completionEvent);
    }

    /// <summary>Is told, with nothing locked, that requests of the IOAPIC may be remapped to other messages than before.</summary>
    public Action? InterruptsChanged { get; set; }

    /// <inheritdoc/>
    public string StateName => "vtd";

    /// <inheritdoc/>
    public bool RemapsInterrupts => Volatile.Read(ref _remapsInterrupts);

    public void Connect(IDeviceBus bus) => bus.AddMemory(PlatformAddresses.RemappingUnit, VtdRegister.Size, this);

    /// <inheritdoc/>
    public bool TryRead(ushort requester, ulong address, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int length = PartInPage(address, target.Length);
            if (!TryTranslate(requester, address, write: false, out ulong translated) || !_memory.TryRead(translated, target[..length]))
            {
                return false;
            }

            target = target[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ushort requester, ulong address, ReadOnlySpan<byte> source)
    {
        // A write of 32 bits there is a message; anything else there is no request (§3.14).
        if (InterruptTable.IsMessage(address) && source.Length == 4 && (address & 3) == 0)
        {
            MsiMessage request = new(address, BinaryPrimitives.ReadUInt32LittleEndian(source));
            if (!TryRemap(requester, request, report: true, out MsiMessage message))
            {
                return false;
            }

            _partition.SendMessage(message);
            return true;
        }

        while (!source.IsEmpty)
        {
            int length = PartInPage(address, source.Length);
            if (!TryTranslate(requester, address, write: true, out ulong translated) || !_memory.TryWrite(translated, source[..length]))
            {
                return false;
            }

            source = source[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryRemap(ushort? requester, MsiMessage request, bool report, out MsiMessage message)
    {
        message = request;
        if (!InterruptTable.IsMessage(request.Address))
        {
            return false;
        }

        lock (_lock)
        {
            uint status = _registers[VtdRegister.GlobalStatus];
            if ((status & VtdRegister.InterruptRemapping) == 0)
            {
                return true;
            }

            VtdFaultReason reason = InterruptTable.Remap(
                _memory,
                _interruptTable,
                (status & VtdRegister.CompatibilityInterrupts) != 0,
                requester,
                request,
                out message,
                out uint index,
                out bool quiet);
            if (reason != VtdFaultReason.None && report && !quiet)
            {
                _faults.Record(reason, requester ?? 0, (ulong)index << 48, read: false);
            }

            return reason == VtdFaultReason.None;
        }
    }

    /// <inheritdoc/>
    public void ReadMemory(ulong offset, Span<byte> data)
    {
        lock (_lock)
        {
            _registers.Read(offset, data);
        }
    }

    /// <inheritdoc/>
    public void WriteMemory(ulong offset, ReadOnlySpan<byte> data)
    {
        // Software must access a register whole, or a 64-bit one in halves (§10.2).
        if (data.Length is not (4 or 8) || offset >= VtdRegister.Size || offset % (ulong)data.Length != 0)
        {
            return;
        }

        bool changed = false;
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i += 4)
            {
                changed |= Write((int)offset + i, BinaryPrimitives.ReadUInt32LittleEndian(data[i..]));
            }
        }

        if (changed)
        {
            InterruptsChanged?.Invoke();
        }
    }

    /// <inheritdoc/>
    public void Reset()
    {
        lock (_lock)
        {
            _registers.Reset();
            _rootTable = 0;
            _interruptTable = 0;
            _faults.Next = 0;
            Volatile.Write(ref _remapsInterrupts, false);
        }
    }

    /// <summary>The entries are in memory, which is restored after the devices.</summary>
    public void Resume() => InterruptsChanged?.Invoke();

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        lock (_lock)
        {
            _registers.Save(writer, 1);
            writer.Write(2, _rootTable);
            writer.Write(3, _interruptTable);
            writer.Write(4, (ulong)_faults.Next);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        lock (_lock)
        {
            _registers.Restore(reader, 1);
            _rootTable = reader.ReadUInt64(2) & VtdRegister.TableAddress;
            _interruptTable = reader.ReadUInt64(3) & (VtdRegister.TableAddress | 15);
            _faults.Next = (int)(reader.ReadUInt64(4) % VtdRegister.FaultRecordCount);
            Volatile.Write(
                ref _remapsInterrupts, (_registers[VtdRegister.GlobalStatus] & VtdRegister.InterruptRemapping) != 0);
            reader.End();
        }
    }

    private static int PartInPage(ulong address, int length) =>
        (int)Math.Min((ulong)length, GuestMemory.PageSize - (address % GuestMemory.PageSize));

    private bool TryTranslate(ushort requester, ulong address, bool write, out ulong translated)
    {
        translated = address;
        if (InterruptTable.IsMessage(address))
        {
            return false;
        }

        lock (_lock)
        {
            if ((_registers[VtdRegister.GlobalStatus] & VtdRegister.Translation) == 0)
            {
                return true;
            }

            VtdFaultReason reason = DmaTables.Translate(
                _memory, _rootTable, requester, address, write, out translated, out bool quiet);
            if (reason != VtdFaultReason.None && !quiet)
            {
                _faults.Record(reason, requester, address, !write);
            }

            return reason == VtdFaultReason.None;
        }
    }

    // Returns whether interrupts may be remapped otherwise than before.
    private bool Write(int offset, uint value)
    {
        if (offset == VtdRegister.GlobalCommand)
        {
            return Command(value);
        }

        _registers.Write(offset, value);
        switch (offset)
        {
            case VtdRegister.ContextCommand + 4 when (value & VtdRegister.Invalidate) != 0:
                Report(offset, 0x1800_0000, (value >> 2) & 0x1800_0000);
                break;
            case VtdRegister.Iotlb + 4 when (value & VtdRegister.Invalidate) != 0:
                Report(offset, 0x0600_0000, (value >> 3) & 0x0600_0000);
                break;
            case VtdRegister.FaultStatus:
                _faults.Update();
                return _queue.Run();
            case VtdRegister.FaultControl:
                _faultEvent.Update();
                break;
            case VtdRegister.QueueTail:
                return _queue.Run();
            case VtdRegister.InvalidationStatus when (_registers[offset] & VtdRegister.WaitComplete) == 0:
                _completionEvent.Settle();
                break;
            case VtdRegister.InvalidationControl:
                _completionEvent.Update();
                break;
            case >= VtdRegister.FaultRecords:
                _faults.Update();
                break;
        }

        return false;
    }

    // There is no cache to invalidate: what was asked for is what has been done (§10.4.7, §10.4.8.1).
    private void Report(int offset, uint actual, uint requested) => _registers[offset] = (_registers[offset] & ~actual) | requested;

    private bool Command(uint value)
    {
        const uint Switches =
            VtdRegister.Translation | VtdRegister.Queue | VtdRegister.InterruptRemapping | VtdRegister.CompatibilityInterrupts;
        uint before = _registers[VtdRegister.GlobalStatus];
        uint status = (before & ~Switches) | (value & Switches);
        if ((value & VtdRegister.RootPointer) != 0)
        {
            _rootTable = _registers.Get64(VtdRegister.RootTable);
            status |= VtdRegister.RootPointer;
        }

        if ((value & VtdRegister.InterruptPointer) != 0)
        {
            _interruptTable = _registers.Get64(VtdRegister.InterruptTable);
            status |= VtdRegister.InterruptPointer;
        }

        _registers[VtdRegister.GlobalStatus] = status;
        Volatile.Write(ref _remapsInterrupts, (status & VtdRegister.InterruptRemapping) != 0);
        if ((status & VtdRegister.Queue) == 0)
        {
            _registers[VtdRegister.QueueHead] = 0;
        }

        const uint Routing = VtdRegister.InterruptRemapping | VtdRegister.CompatibilityInterrupts;
        bool changed = ((before ^ status) & Routing) != 0 || (value & VtdRegister.InterruptPointer) != 0;
        return _queue.Run() | changed;
    }
}
