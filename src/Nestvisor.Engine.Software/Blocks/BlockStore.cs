using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>
/// The decoded blocks of one processor, by physical address and mode. Memory comes from one arena; when that is full all
/// blocks go at once, between two blocks.
/// </summary>
internal sealed unsafe class BlockStore : IDisposable
{
    private const int BucketCount = 1 << 15;
    private const ulong ArenaSize = 40 << 20;

    private readonly Block** _buckets = (Block**)NativeMemory.AllocZeroed(BucketCount, (nuint)sizeof(Block*));
    private readonly byte* _arena = HostMemory.Allocate(ArenaSize);
    private readonly Dictionary<ulong, List<nint>> _pages = [];
    private ulong _used;

    /// <summary>Blocks decoded.</summary>
    public long Decoded { get; private set; }

    /// <summary>Blocks dropped because their code was written.</summary>
    public long Invalidated { get; private set; }

    /// <summary>Times that the arena was full.</summary>
    public long Flushes { get; private set; }

    /// <summary>Finds a block.</summary>
    public Block* Find(ulong physical, uint mode)
    {
        Block* block = _buckets[Bucket(physical)];
        while (block != null && (block->Physical != physical || block->Mode != mode))
        {
            block = block->HashNext;
        }

        return block;
    }

    /// <summary>Makes room for a block of so many operations; may drop all others. Not while one runs.</summary>
    public Block* Allocate(int operations)
    {
        ulong size = (ulong)((sizeof(Block) + (operations * sizeof(Op)) + 63) & ~63);
        if (_used + size > ArenaSize)
        {
            Clear();
        }

        Block* block = (Block*)(_arena + _used);
        _used += size;
        *block = new Block { Ops = (Op*)(block + 1), SecondPage = Block.NoPage };
        return block;
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
        _pages.Clear();
        _used = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_buckets);
        HostMemory.Release(_arena, ArenaSize);
    }

    private static int LeaveStale(VpState* s, Op* o)
    {
        s->Rip = s->BlockRip + o->Offset;
        return Status.Restart;
    }

    private static int Bucket(ulong physical) => (int)((physical ^ (physical >> 15)) & (BucketCount - 1));

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
}
