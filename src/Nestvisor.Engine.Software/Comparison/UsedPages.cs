using Nestvisor.Engine.Software.Paging;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// Inline tables for the native run of one block: they hold the pages that the interpreter has used and no other, so that an access
/// somewhere else leaves, and is noticed. One pair of tables for RFLAGS.AC clear and one for it set, as native code switches between them.
/// </summary>
internal sealed unsafe class UsedPages : IDisposable
{
    /// <summary>The most entries; nearly all blocks need a few.</summary>
    private const int Most = 1024;

    private const ulong TableBytes = 4UL * TlbEntry.Count * 16;
    private const ulong PageSize = 4096;

    private readonly TlbEntry* _tables = (TlbEntry*)HostMemory.Allocate(TableBytes);
    private readonly byte* _copies = HostMemory.Allocate(Most * PageSize);
    private readonly int[] _used = new int[Most];
    private readonly ulong[] _copied = new ulong[Most];
    private int _count;
    private int _copiedCount;

    public UsedPages()
    {
        for (int table = 0; table < 4; table++)
        {
            _tables[table * TlbEntry.Count].Tag = TlbEntry.EmptyTag(0);
        }
    }

    /// <summary>The table for reads, and behind it the one for writes.</summary>
    public TlbEntry* Table(bool alignmentFlag) => _tables + (alignmentFlag ? 2 * TlbEntry.Count : 0);

    /// <summary>Whether there is no room for more.</summary>
    public bool IsFull => _count == Most;

    /// <summary>Whether there is a page for reads alone.</summary>
    public bool HasReadOnly
    {
        get
        {
            for (int i = 0; i < _count; i++)
            {
                TlbEntry* entry = _tables + _used[i];
                bool forReads = (_used[i] & TlbEntry.Count) == 0;
                if (forReads && entry[TlbEntry.Count].Tag != entry->Tag)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Adds a page.</summary>
    public void Add(bool alignmentFlag, bool write, in TlbEntry entry)
    {
        TlbEntry* place = Table(alignmentFlag) + (write ? TlbEntry.Count : 0) + ((entry.Tag >> 12) & (TlbEntry.Count - 1));
        if (place->Tag != entry.Tag)
        {
            *place = entry;
            _used[_count++] = (int)(place - _tables);
        }
    }

    /// <summary>Empties the tables.</summary>
    public void Clear()
    {
        for (int i = 0; i < _count; i++)
        {
            _tables[_used[i]].Tag = TlbEntry.EmptyTag(_used[i] & (TlbEntry.Count - 1));
        }

        _count = 0;
        _copiedCount = 0;
    }

    /// <summary>Makes all entries lead to copies of their pages.</summary>
    public void Isolate()
    {
        for (int i = 0; i < _count; i++)
        {
            ulong page = _tables[_used[i]].Page;
            ulong copy = PlaceOf(page);
            if (copy == page)
            {
                copy = (ulong)_copies + ((ulong)_copiedCount * PageSize);
                Buffer.MemoryCopy((void*)page, (void*)copy, PageSize, PageSize);
                _copied[_copiedCount++] = page;
            }

            _tables[_used[i]].Page = copy;
        }
    }

    /// <summary>Where native code finds what is at an address of the host's: there, or in the copy of the page.</summary>
    public ulong PlaceOf(ulong host)
    {
        for (int i = 0; i < _copiedCount; i++)
        {
            if (_copied[i] == (host & ~(PageSize - 1)))
            {
                return (ulong)_copies + ((ulong)i * PageSize) + (host & (PageSize - 1));
            }
        }

        return host;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        HostMemory.Release((byte*)_tables, TableBytes);
        HostMemory.Release(_copies, Most * PageSize);
    }
}
