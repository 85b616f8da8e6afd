using Nestvisor.Platform;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>
/// Which pages of the partition hold decoded code, in pieces of 64 bytes, so that data beside code does not drop it. A page is
/// put under watch before its bytes are read: flag, drop the write entries of all processors, wait for them, then decode.
/// </summary>
internal sealed unsafe class CodePages : IGuestMemoryObserver, IDisposable
{
    private readonly SoftwarePartition _partition;
    private readonly GuestMemory _memory;
    private readonly ulong* _pieces;
    private readonly ulong _piecesSize;
    private readonly Lock _lock = new();

    // Watches that a write has ended.
    private long _ended;

    public CodePages(SoftwarePartition partition, GuestMemory memory)
    {
        _partition = partition;
        _memory = memory;
        _piecesSize = ((memory.Limit / 4096 * 8) + 4095) & ~4095UL;
        _pieces = (ulong*)HostMemory.Allocate(_piecesSize);
    }

    /// <summary>Asks for a write entry to a page: marks it dirty. Refused while it holds code.</summary>
    public bool PrepareWriteEntry(ulong page)
    {
        byte flags = Volatile.Read(ref _memory.PageFlags[page]);
        if ((flags & (byte)PageFlag.Code) != 0)
        {
            return false;
        }

        if ((flags & (byte)PageFlag.Dirty) == 0)
        {
            _memory.SetFlag(page, PageFlag.Dirty);
        }

        return true;
    }

    /// <summary>Puts a range within one page under watch, before it is decoded.</summary>
    /// <remarks>
    /// The pieces are marked only when no processor can write unseen any more, so that another one that decodes the same page does
    /// not rely on a drop that is still under way. While the processor waits it serves what others have posted: a write in that
    /// time ends the watch, and its invalidation comes before there is a block that it could drop. Then all begins anew.
    /// </remarks>
    public void Watch(ulong physical, int length, SoftwareProcessor by)
    {
        ulong page = physical >> 12;
        while (!IsWatched(physical, length))
        {
            bool dropped;
            long before;
            lock (_lock)
            {
                _memory.SetFlag(page, PageFlag.Code | PageFlag.Dirty);
                before = _ended;
                dropped = _pieces[page] != 0;
                if (dropped)
                {
                    Interlocked.Or(ref _pieces[page], Pieces(physical, length));
                }
            }

            if (dropped)
            {
                continue;
            }

            _partition.DropWriteEntries(page, by);
            lock (_lock)
            {
                if (_ended == before)
                {
                    Interlocked.Or(ref _pieces[page], Pieces(physical, length));
                }
            }
        }
    }

    /// <summary>Puts two ranges under watch, before an instruction that lies in both is decoded.</summary>
    public void Watch(ulong physical, int length, ulong second, int secondLength, SoftwareProcessor by)
    {
        do
        {
            Watch(physical, length, by);
            Watch(second, secondLength, by);
        }
        while (!IsWatched(physical, length));
    }

    /// <summary>A processor wrote to a page that holds code.</summary>
    public void Written(ulong physical, int length, SoftwareProcessor? by)
    {
        if ((Volatile.Read(ref _pieces[physical >> 12]) & Pieces(physical, length)) != 0)
        {
            Invalidate(physical >> 12, by);
        }
    }

    /// <inheritdoc/>
    public void CodeWritten(ulong page) => Invalidate(page, null);

    /// <inheritdoc/>
    public void Dispose() => HostMemory.Release((byte*)_pieces, _piecesSize);

    private static ulong Pieces(ulong physical, int length)
    {
        int first = (int)(physical & 0xFFF) >> 6;
        int last = (int)((physical & 0xFFF) + (ulong)length - 1) >> 6;
        return (ulong.MaxValue << first) & (ulong.MaxValue >> (63 - Math.Min(last, 63)));
    }

    private bool IsWatched(ulong physical, int length)
    {
        ulong pieces = Pieces(physical, length);
        return (Volatile.Read(ref _pieces[physical >> 12]) & pieces) == pieces
            && (Volatile.Read(ref _memory.PageFlags[physical >> 12]) & (byte)PageFlag.Code) != 0;
    }

    private void Invalidate(ulong page, SoftwareProcessor? by)
    {
        lock (_lock)
        {
            _ended++;
            _memory.ClearFlag(page, PageFlag.Code);
            Volatile.Write(ref _pieces[page], 0);
            foreach (SoftwareProcessor processor in _partition.All)
            {
                if (processor != by)
                {
                    processor.PostInvalidation(page);
                }
            }
        }

        by?.InvalidateCode(page);
    }
}
