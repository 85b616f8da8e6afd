using Nestvisor.Virtualization;

namespace Nestvisor.Devices.Virtio;

/// <summary>
/// A request as the guest described it: a private copy of its descriptors, all of whose buffers were checked to be RAM. First
/// come the buffers that the device reads, then those that it writes. The contents of the buffers still are the guest's.
/// </summary>
internal sealed class DescriptorChain(GuestMemory memory)
{
    /// <summary>
    /// Longest chain. A driver must not make one longer than its queue (virtio 1.2 §2.7.5.3.1); Linux does with an indirect
    /// table, and this is what other devices accept then.
    /// </summary>
    public const int MaxSegments = 1024;

    private readonly Segment[] _segments = new Segment[MaxSegments];
    private int _count;

    /// <summary>Number of the first descriptor, by which the request is returned.</summary>
    public ushort Head { get; private set; }

    /// <summary>Number of buffers that the device reads; they come first.</summary>
    public int ReadableCount { get; private set; }

    /// <summary>Bytes that the device may read.</summary>
    public uint ReadableLength { get; private set; }

    /// <summary>Bytes that the device may write.</summary>
    public uint WritableLength { get; private set; }

    /// <summary>Where the readable bytes start.</summary>
    public static ChainCursor Readable => default;

    /// <summary>Where the writable bytes start.</summary>
    public ChainCursor Writable => new(ReadableCount, 0);

    public void Begin(ushort head)
    {
        Head = head;
        _count = 0;
        ReadableCount = 0;
        ReadableLength = 0;
        WritableLength = 0;
    }

    /// <summary>Adds a buffer.</summary>
    /// <returns>False if the guest must not describe such a buffer.</returns>
    public bool TryAdd(ulong address, uint length, bool writable)
    {
        // Writable buffers follow readable ones (virtio 1.2 §2.7.4.2), and all together stay below 2^31 bytes here.
        if (_count == MaxSegments
            || (!writable && WritableLength != 0)
            || length > int.MaxValue - ReadableLength - WritableLength
            || (length != 0 && !memory.IsRam(address, length)))
        {
            return false;
        }

        if (length == 0)
        {
            return true;
        }

        _segments[_count++] = new Segment(address, (int)length);
        if (writable)
        {
            WritableLength += length;
        }
        else
        {
            ReadableLength += length;
            ReadableCount = _count;
        }

        return true;
    }

    /// <summary>Opens the next window of one kind of bytes and moves the cursor behind it.</summary>
    /// <param name="cursor">Where to start.</param>
    /// <param name="limit">Longest window, at least 1.</param>
    /// <param name="address">The window's guest-physical address, for <see cref="GuestMemory.NoteWritten"/>.</param>
    /// <returns>The window; empty where the bytes of this kind end.</returns>
    public Span<byte> Next(ref ChainCursor cursor, int limit, out ulong address)
    {
        int end = cursor.Segment < ReadableCount ? ReadableCount : _count;
        if (cursor.Segment >= end)
        {
            address = 0;
            return default;
        }

        Segment segment = _segments[cursor.Segment];
        int length = Math.Min(limit, segment.Length - cursor.Offset);
        address = segment.Address + (ulong)cursor.Offset;
        bool ends = cursor.Offset + length == segment.Length;

        // Readable bytes end at the first writable buffer: the cursor stays on this side of it.
        cursor = ends ? new ChainCursor(cursor.Segment + 1, 0) : cursor with { Offset = cursor.Offset + length };
        return memory.TryGetSpan(address, length, out Span<byte> window) ? window : default;
    }

    /// <summary>Copies readable bytes out.</summary>
    /// <returns>How many there were.</returns>
    public int Read(ref ChainCursor cursor, Span<byte> target)
    {
        int done = 0;
        while (done < target.Length && cursor.Segment < ReadableCount)
        {
            Span<byte> window = Next(ref cursor, target.Length - done, out _);
            window.CopyTo(target[done..]);
            done += window.Length;
        }

        return done;
    }

    /// <summary>Copies bytes into writable buffers.</summary>
    /// <returns>How many found room.</returns>
    public int Write(ref ChainCursor cursor, ReadOnlySpan<byte> source)
    {
        int done = 0;
        while (done < source.Length)
        {
            Span<byte> window = Next(ref cursor, source.Length - done, out ulong address);
            if (window.IsEmpty)
            {
                break;
            }

            source.Slice(done, window.Length).CopyTo(window);
            memory.NoteWritten(address, (ulong)window.Length);
            done += window.Length;
        }

        return done;
    }

    private readonly record struct Segment(ulong Address, int Length);
}
