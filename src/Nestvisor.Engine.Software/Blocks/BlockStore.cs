using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>
/// The decoded blocks of one processor, by physical address and mode. They begin in one arena, where most of them run a few times and
/// never again; when that is full all in it go at once, between two blocks. Those that get native code move to another one, and all
/// go when that is full.
/// </summary>
internal sealed unsafe class BlockStore : IDisposable
{
    private const int BucketCount = 1 << 17;
    private const int RecentCount = 1 << 16;
    private const int ModeShift = 44;

    private readonly Block** _buckets = (Block**)NativeMemory.AllocZeroed(BucketCount, (nuint)sizeof(Block*));
    private readonly Recent* _recent = (Recent*)NativeMemory.AlignedAlloc((nuint)(RecentCount * sizeof(Recent)), 64);
    private readonly ulong _coldSize;
    private readonly ulong _hotSize;
    private readonly byte* _cold;
    private readonly byte* _hot;
    private readonly Dictionary<ulong, List<nint>> _pages = [];
    private ulong _coldUsed;
    private ulong _hotUsed;

    private readonly TranslationCache? _translations;

    /// <summary>Makes an empty store.</summary>
    /// <param name="translations">The native code of its blocks; null if they are only interpreted.</param>
    /// <param name="options">How much it keeps.</param>
    public BlockStore(TranslationCache? translations, SoftwareEngineOptions options)
    {
        _translations = translations;
        _coldSize = (ulong)options.ColdBlockBytes;
        _hotSize = (ulong)options.HotBlockBytes;
        _cold = HostMemory.Allocate(_coldSize);
        _hot = HostMemory.Allocate(_hotSize);
        ForgetRecent();
    }

    /// <summary>Called when all blocks were dropped: no pointer to one is valid any more.</summary>
    public Action? Cleared { get; set; }

    /// <summary>Blocks decoded.</summary>
    public long Decoded { get; private set; }

    /// <summary>Blocks dropped because their code was written.</summary>
    public long Invalidated { get; private set; }

    /// <summary>Times that all blocks were dropped.</summary>
    public long Flushes { get; private set; }

    /// <summary>Times that the blocks without native code were dropped.</summary>
    public long ColdFlushes { get; private set; }

    /// <summary>Finds a block.</summary>
    public Block* Find(ulong physical, uint mode)
    {
        // Walking a bucket touches a cache line for each block in it; with a working set of many blocks that costs more than to
        // interpret them. Most look-ups end here, at one line.
        ulong key = Key(physical, mode);
        Recent* recent = &_recent[RecentIndex(physical)];
        return recent->Key == key ? recent->Block : FindInBucket(physical, mode, recent);
    }

    private Block* FindInBucket(ulong physical, uint mode, Recent* recent)
    {
        Block* block = _buckets[Bucket(physical)];
        while (block != null && (block->Physical != physical || block->Mode != mode))
        {
            block = block->HashNext;
        }

        if (block != null)
        {
            *recent = new Recent { Key = Key(physical, mode), Block = block };
        }

        return block;
    }

    /// <summary>Makes room for a block of so many operations; may drop those without native code. Not while one runs.</summary>
    public Block* Allocate(int operations)
    {
        ulong size = SizeOf(operations);
        if (_coldUsed + size > _coldSize)
        {
            DropCold();
        }

        Block* block = (Block*)(_cold + _coldUsed);
        _coldUsed += size;
        *block = new Block { Ops = (Op*)(block + 1), SecondPage = Block.NoPage };
        return block;
    }

    /// <summary>Moves a block to where it stays when others go. Not while it runs.</summary>
    /// <returns>The block at its new place; null if there is no room.</returns>
    public Block* Promote(Block* block)
    {
        ulong size = SizeOf(block->Count);
        if (_hotUsed + size > _hotSize)
        {
            return null;
        }

        Block* moved = (Block*)(_hot + _hotUsed);
        _hotUsed += size;
        Buffer.MemoryCopy(block, moved, size, size);
        moved->Ops = (Op*)(moved + 1);
        Recent* recent = &_recent[RecentIndex(block->Physical)];
        if (recent->Block == block)
        {
            recent->Block = moved;
        }

        Block** link = &_buckets[Bucket(block->Physical)];
        while (*link != block)
        {
            link = &(*link)->HashNext;
        }

        *link = moved;
        Replace(block->Physical >> 12, block, moved);
        if (block->SecondPage != Block.NoPage)
        {
            Replace(block->SecondPage >> 12, block, moved);
        }

        return moved;
    }

    /// <summary>Makes a block findable.</summary>
    public void Add(Block* block)
    {
        Decoded++;
        int bucket = Bucket(block->Physical);
        block->HashNext = _buckets[bucket];
        _buckets[bucket] = block;
        Depend(block->Physical >> 12, block);
        if (block->SecondPage != Block.NoPage)
        {
            Depend(block->SecondPage >> 12, block);
        }
    }

    /// <summary>Drops the blocks that depend on a page. One that runs leaves at its next operation.</summary>
    public void Invalidate(ulong page)
    {
        if (!_pages.Remove(page, out List<nint>? blocks))
        {
            return;
        }

        foreach (nint pointer in blocks)
        {
            Block* block = (Block*)pointer;
            if (block->Stale != 0)
            {
                continue;
            }

            Invalidated++;
            block->Stale = 1;
            if (block->Translation != null)
            {
                _translations?.Drop(block->Translation);
            }

            Unlink(block);
            for (int i = 0; i < block->Count; i++)
            {
                block->Ops[i].Handler = &LeaveStale;
            }
        }
    }

    /// <summary>Drops everything. Not while a block runs.</summary>
    public void Clear()
    {
        Flushes++;
        new Span<byte>(_buckets, BucketCount * sizeof(Block*)).Clear();
        ForgetRecent();
        _pages.Clear();
        _coldUsed = 0;
        _hotUsed = 0;
        _translations?.Clear();
        Cleared?.Invoke();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_buckets);
        NativeMemory.AlignedFree(_recent);
        HostMemory.Release(_cold, _coldSize);
        HostMemory.Release(_hot, _hotSize);
    }

    private static ulong SizeOf(int operations) => (ulong)((sizeof(Block) + (operations * sizeof(Op)) + 63) & ~63);

    private bool IsCold(Block* block) => (ulong)((byte*)block - _cold) < _coldSize;

    private void DropCold()
    {
        ColdFlushes++;
        for (int i = 0; i < BucketCount; i++)
        {
            Block** link = &_buckets[i];
            while (*link != null)
            {
                if (IsCold(*link))
                {
                    *link = (*link)->HashNext;
                }
                else
                {
                    link = &(*link)->HashNext;
                }
            }
        }

        foreach (List<nint> blocks in _pages.Values)
        {
            int kept = 0;
            for (int i = 0; i < blocks.Count; i++)
            {
                if (!IsCold((Block*)blocks[i]))
                {
                    blocks[kept++] = blocks[i];
                }
            }

            blocks.RemoveRange(kept, blocks.Count - kept);
        }

        ForgetRecent();
        _coldUsed = 0;
    }

    private void Replace(ulong page, Block* block, Block* moved)
    {
        List<nint> blocks = _pages[page];
        blocks[blocks.IndexOf((nint)block)] = (nint)moved;
    }

    private static int LeaveStale(VpState* s, Op* o)
    {
        s->Rip = s->BlockRip + o->Offset;
        return Status.Restart;
    }

    private static int Bucket(ulong physical) => (int)((physical ^ (physical >> 15)) & (BucketCount - 1));

    private static int RecentIndex(ulong physical) => (int)((physical ^ (physical >> 14)) & (RecentCount - 1));

    // Guest-physical addresses end far below bit 44, and a mode has 20 bits.
    private static ulong Key(ulong physical, uint mode) => physical | ((ulong)mode << ModeShift);

    // No block has this key: its address would be above all memory.
    private void ForgetRecent() => new Span<ulong>(_recent, RecentCount * sizeof(Recent) / sizeof(ulong)).Fill(ulong.MaxValue);

    private void Depend(ulong page, Block* block)
    {
        if (!_pages.TryGetValue(page, out List<nint>? list))
        {
            _pages[page] = list = [];
        }

        list.Add((nint)block);
    }

    private void Unlink(Block* block)
    {
        Recent* recent = &_recent[RecentIndex(block->Physical)];
        if (recent->Block == block)
        {
            recent->Key = ulong.MaxValue;
        }

        Block** link = &_buckets[Bucket(block->Physical)];
        while (*link != null)
        {
            if (*link == block)
            {
                *link = block->HashNext;
                return;
            }

            link = &(*link)->HashNext;
        }
    }

    /// <summary>A block that was looked up, with its whole key.</summary>
    private struct Recent
    {
        public ulong Key;
        public Block* Block;
    }
}
