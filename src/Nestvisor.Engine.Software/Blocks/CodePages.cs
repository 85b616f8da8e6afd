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
    public void Watch(ulong physical, int length, SoftwareProcessor by)
    {
        ulong page = physical >> 12;
        ulong pieces = Pieces(physical, length);
        if ((Volatile.Read(ref _pieces[page]) & pieces) == pieces && (_memory.PageFlags[page] & (byte)PageFlag.Code) != 0)
        {
            return;
        }

        bool first;
        lock (_lock)
        {
            first = (_memory.PageFlags[page] & (byte)PageFlag.Code) == 0;
            _memory.SetFlag(page, PageFlag.Code | PageFlag.Dirty);
            Interlocked.Or(ref _pieces[page], pieces);
        }

        if (first)
        {
            _partition.DropWriteEntries(page, by);
        }
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

    private void Invalidate(ulong page, SoftwareProcessor? by)
    {
        lock (_lock)
        {
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
