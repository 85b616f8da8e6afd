using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nestvisor.Devices.Virtio;

namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>The driver's side of a split virtqueue in guest memory.</summary>
internal sealed class GuestQueue(TestPc pc, ulong memory, ushort size, ulong features, ulong doorbell)
{
    private ushort _nextUsed;

    public ushort Size => size;

    public ulong Descriptors => memory;

    public ulong Available => memory + (16UL * size);

    public ulong Used => (Available + 6 + (2UL * size) + 3) & ~3UL;

    /// <summary>Where memory behind the rings is free.</summary>
    public ulong End => (Used + 6 + (8UL * size) + 15) & ~15UL;

    public ushort NextAvailable { get; private set; }

    private bool EventIndex => (features & VirtioFeature.RingEventIndex) != 0;

    public void SetDescriptor(int index, ulong address, uint length, int flags, int next = 0) =>
        SetDescriptor(Descriptors, index, address, length, flags, next);

    public void SetDescriptor(ulong table, int index, ulong address, uint length, int flags, int next = 0)
    {
        Span<byte> descriptor = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(descriptor, address);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor[12..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor[14..], (ushort)next);
        Assert.True(pc.Memory.TryWrite(table + (16UL * (uint)index), descriptor));
    }

    /// <summary>Builds a chain of direct descriptors from <paramref name="first"/> on.</summary>
    public void SetChain(int first, params ReadOnlySpan<GuestBuffer> buffers)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            bool last = i == buffers.Length - 1;
            int flags = (buffers[i].Writable ? 2 : 0) | (last ? 0 : 1);
            SetDescriptor(first + i, buffers[i].Address, buffers[i].Length, flags, last ? 0 : first + i + 1);
        }
    }

    /// <summary>Offers a chain to the device and notifies it if it wants that.</summary>
    /// <returns>Whether it wanted.</returns>
    public bool Offer(ushort head)
    {
        Word(Available + 4 + (2UL * (uint)(NextAvailable % size))) = head;
        ushort old = NextAvailable++;
        Volatile.Write(ref Word(Available + 2), NextAvailable);
        Interlocked.MemoryBarrier();
        bool wanted = EventIndex
            ? (ushort)(NextAvailable - Volatile.Read(ref Word(Used + 4 + (8UL * size))) - 1) < (ushort)(NextAvailable - old)
            : (Volatile.Read(ref Word(Used)) & 1) == 0;
        if (wanted)
        {
            Notify();
        }

        return wanted;
    }

    public void Notify() => pc.WriteMmio(doorbell, 2, 0);

    /// <summary>Takes the next completed chain.</summary>
    public bool TryTakeUsed(out uint head, out uint written)
    {
        head = written = 0;
        if (Volatile.Read(ref Word(Used + 2)) == _nextUsed)
        {
            return false;
        }

        Span<byte> element = stackalloc byte[8];
        Assert.True(pc.Memory.TryRead(Used + 4 + (8UL * (uint)(_nextUsed % size)), element));
        head = BinaryPrimitives.ReadUInt32LittleEndian(element);
        written = BinaryPrimitives.ReadUInt32LittleEndian(element[4..]);
        _nextUsed++;
        return true;
    }

    /// <summary>Asks for an interrupt at the next completion, or some completions later.</summary>
    /// <returns>False if a chain was completed before; there may be no interrupt for it.</returns>
    public bool RequestInterrupt(int after = 0)
    {
        Volatile.Write(ref Word(Available + 4 + (2UL * size)), (ushort)(_nextUsed + after));
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref Word(Used + 2)) == _nextUsed;
    }

    /// <summary>Waits for the next completed chain by polling.</summary>
    public (uint Head, uint Written) WaitUsed()
    {
        uint head = 0;
        uint written = 0;
        VirtioDriver.WaitFor(() => TryTakeUsed(out head, out written), "a request to complete");
        return (head, written);
    }

    private ref ushort Word(ulong address)
    {
        Assert.True(pc.Memory.TryGetSpan(address, 2, out Span<byte> window));
        return ref MemoryMarshal.AsRef<ushort>(window);
    }
}
