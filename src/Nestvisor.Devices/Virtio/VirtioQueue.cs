using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// A split virtqueue (virtio 1.2 §2.7). The rings are the guest's and can hold anything: each descriptor is read once, its
/// copy is checked, and a ring that breaks the rules is marked broken and left alone until the device is reset.
/// </summary>
/// <remarks>Between a start and a stop of the device, only its worker thread touches the rings.</remarks>
internal sealed class VirtioQueue(GuestMemory memory, int index, ushort maxSize, Action<VirtioQueue> interrupt)
{
    private const int DescriptorSize = 16;
    private const int DescriptorNext = 1;
    private const int DescriptorWrite = 2;
    private const int DescriptorIndirect = 4;
    private const ushort AvailableNoInterrupt = 1;
    private const ushort UsedNoNotify = 1;
    private const int RingHeader = 4;
    private const int UsedElement = 8;

    private ulong _features;
    private ushort _nextAvailable;
    private ushort _seenAvailable;
    private ushort _nextUsed;
    private ushort _staged;

    public int Index => index;

    public ushort MaxSize { get; } = maxSize;

    /// <summary>Number of descriptors, which the driver may lower.</summary>
    public ushort Size { get; set; } = maxSize;

    public bool IsEnabled { get; set; }

    public ulong DescriptorTable { get; set; }

    public ulong AvailableRing { get; set; }

    public ulong UsedRing { get; set; }

    /// <summary>Whether the guest broke the rules of the ring.</summary>
    public bool IsBroken { get; private set; }

    private bool EventIndex => (_features & VirtioFeature.RingEventIndex) != 0;

    /// <summary>Goes back to the state after a reset of the device.</summary>
    public void Reset()
    {
        Size = MaxSize;
        IsEnabled = false;
        DescriptorTable = 0;
        AvailableRing = 0;
        UsedRing = 0;
        _nextAvailable = 0;
        _seenAvailable = 0;
        _nextUsed = 0;
        _staged = 0;
        IsBroken = false;
    }

    /// <summary>Checks where the driver put the rings.</summary>
    /// <returns>False if they cannot be there.</returns>
    public bool TryStart(ulong features)
    {
        _features = features;
        return Size != 0
            && Size <= MaxSize
            && (Size & (Size - 1)) == 0
            && DescriptorTable % DescriptorSize == 0
            && AvailableRing % 2 == 0
            && UsedRing % 4 == 0
            && memory.IsRam(DescriptorTable, (ulong)Size * DescriptorSize)
            && memory.IsRam(AvailableRing, RingHeader + (2UL * Size) + 2)
            && memory.IsRam(UsedRing, RingHeader + ((ulong)UsedElement * Size) + 2);
    }

    /// <summary>Takes the next request off the ring.</summary>
    /// <param name="chain">Receives it.</param>
    /// <returns>False if there is none, or the ring is broken.</returns>
    public bool TryTake(DescriptorChain chain)
    {
        if (IsBroken)
        {
            return false;
        }

        _seenAvailable = ReadShared(AvailableRing + 2);
        ushort waiting = (ushort)(_seenAvailable - _nextAvailable);
        if (waiting == 0)
        {
            return false;
        }

        ushort head = ReadShared(AvailableRing + RingHeader + (2UL * (uint)(_nextAvailable & (Size - 1))));
        if (waiting > Size || head >= Size || !TryWalk(chain, head))
        {
            IsBroken = true;
            return false;
        }

        _nextAvailable++;
        return true;
    }

    /// <summary>Puts back the requests taken last, unseen by the guest, and drops what was staged for them.</summary>
    public void PutBack(int count)
    {
        _nextAvailable -= (ushort)count;
        _staged = 0;
    }

    /// <summary>Marks the ring as broken because a request makes no sense for the device.</summary>
    public void Break() => IsBroken = true;

    /// <summary>Returns a request and interrupts the guest if it wants that.</summary>
    /// <param name="head">The request.</param>
    /// <param name="written">Bytes written to its writable buffers.</param>
    public void Complete(ushort head, uint written)
    {
        Stage(head, written);
        Publish();
    }

    /// <summary>Writes an entry of the used ring without showing it to the guest yet.</summary>
    public void Stage(ushort head, uint written)
    {
        Span<byte> element = stackalloc byte[UsedElement];
        BinaryPrimitives.WriteUInt32LittleEndian(element, head);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], written);
        int slot = (ushort)(_nextUsed + _staged) & (Size - 1);
        memory.TryWrite(UsedRing + RingHeader + ((ulong)UsedElement * (uint)slot), element);
        _staged++;
    }

    /// <summary>Shows all staged entries to the guest and interrupts it if it wants that.</summary>
    public void Publish()
    {
        ushort old = _nextUsed;
        _nextUsed += _staged;
        _staged = 0;
        WriteShared(UsedRing + 2, _nextUsed);

        // The index must be visible before the guest's wish is read, or both sides wait for each other (§2.7.7.2, §2.7.10.1).
        Interlocked.MemoryBarrier();
        bool wanted = EventIndex
            ? IsCrossed(ReadShared(AvailableRing + RingHeader + (2UL * Size)), _nextUsed, old)
            : (ReadShared(AvailableRing) & AvailableNoInterrupt) == 0;
        if (wanted)
        {
            interrupt(this);
        }
    }

    /// <summary>Tells the driver that notifications are not needed while the ring is being worked on.</summary>
    public void SuppressNotifications()
    {
        // With EVENT_IDX the event index is simply left where it was, behind the requests to come.
        if (!EventIndex)
        {
            WriteShared(UsedRing, UsedNoNotify);
        }
    }

    /// <summary>Asks the driver to notify of requests beyond those that <see cref="TryTake"/> has seen waiting.</summary>
    /// <returns>True if one slipped in before; it may not be notified of.</returns>
    public bool RequestNotifications()
    {
        if (EventIndex)
        {
            WriteShared(UsedRing + RingHeader + ((ulong)UsedElement * Size), _seenAvailable);
        }
        else
        {
            WriteShared(UsedRing, 0);
        }

        Interlocked.MemoryBarrier();
        return ReadShared(AvailableRing + 2) != _seenAvailable;
    }

    public void Save(StateWriter writer)
    {
        writer.Write(1, Size);
        writer.Write(2, IsEnabled);
        writer.Write(3, DescriptorTable);
        writer.Write(4, AvailableRing);
        writer.Write(5, UsedRing);
        writer.Write(6, _nextAvailable);
        writer.Write(7, _nextUsed);
        writer.Write(8, IsBroken);
    }

    public void Restore(StateReader reader)
    {
        ulong size = reader.ReadUInt64(1, MaxSize);
        ulong nextAvailable = reader.ReadUInt64(6);
        ulong nextUsed = reader.ReadUInt64(7);
        if (size > ushort.MaxValue || nextAvailable > ushort.MaxValue || nextUsed > ushort.MaxValue)
        {
            throw new InvalidDataException($"The saved state of queue {index} has an index beyond 16 bits.");
        }

        Size = (ushort)size;
        IsEnabled = reader.ReadBoolean(2);
        DescriptorTable = reader.ReadUInt64(3);
        AvailableRing = reader.ReadUInt64(4);
        UsedRing = reader.ReadUInt64(5);
        _nextAvailable = (ushort)nextAvailable;
        _seenAvailable = (ushort)nextAvailable;
        _nextUsed = (ushort)nextUsed;
        _staged = 0;
        IsBroken = reader.ReadBoolean(8);
    }

    // vring_need_event of virtio 1.2 §2.7.10.
    private static bool IsCrossed(ushort wanted, ushort now, ushort old) => (ushort)(now - wanted - 1) < (ushort)(now - old);

    private bool TryWalk(DescriptorChain chain, ushort head)
    {
        chain.Begin(head);
        ulong table = DescriptorTable;
        uint entries = Size;
        uint next = head;
        bool indirect = false;
        Span<byte> descriptor = stackalloc byte[DescriptorSize];

        // A chain without a loop visits each entry of its table once at most.
        for (uint visited = 0; visited < entries; visited++)
        {
            if (next >= entries || !memory.TryRead(table + ((ulong)next * DescriptorSize), descriptor))
            {
                return false;
            }

            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(descriptor);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[8..]);
            int flags = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[12..]);
            next = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[14..]);

            if ((flags & DescriptorIndirect) != 0)
            {
                // Once only, at the end of the chain, and only if negotiated (§2.7.5.3.1).
                if (indirect
                    || (_features & VirtioFeature.RingIndirectDescriptors) == 0
                    || (flags & DescriptorNext) != 0
                    || length == 0
                    || length % DescriptorSize != 0
                    || length / DescriptorSize > DescriptorChain.MaxSegments
                    || !memory.IsRam(address, length))
                {
                    return false;
                }

                indirect = true;
                table = address;
                entries = length / DescriptorSize;
                next = 0;
                visited = uint.MaxValue;
                continue;
            }

            if (!chain.TryAdd(address, length, (flags & DescriptorWrite) != 0))
            {
                return false;
            }

            if ((flags & DescriptorNext) == 0)
            {
                return true;
            }
        }

        return false;
    }

    private ushort ReadShared(ulong address) => memory.TryGetSpan(address, sizeof(ushort), out Span<byte> window)
        ? Volatile.Read(ref MemoryMarshal.AsRef<ushort>(window))
        : (ushort)0;

    private void WriteShared(ulong address, ushort value)
    {
        if (memory.TryGetSpan(address, sizeof(ushort), out Span<byte> window))
        {
            Volatile.Write(ref MemoryMarshal.AsRef<ushort>(window), value);
            memory.NoteWritten(address, sizeof(ushort));
        }
    }
}
