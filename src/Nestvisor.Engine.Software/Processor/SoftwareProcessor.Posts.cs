using System.Collections.Concurrent;

namespace Nestvisor.Engine.Software;

/// <summary>
/// What other processors ask of this one: to drop decoded code, and to drop write entries before code is read. A processor is
/// either in the guest, where it looks at its posts whenever Attention is set, or outside, where it touches neither guest
/// memory nor tables and looks at them before it enters again.
/// </summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private readonly ConcurrentQueue<ulong> _invalidations = new();
    private readonly ConcurrentQueue<ulong> _writeDrops = new();
    private long _writeDropsPosted;
    private long _writeDropsServed;
    private int _inGuest;

    /// <summary>Asks to drop the code of a page. Any thread; done before the processor's next block.</summary>
    public void PostInvalidation(ulong page)
    {
        _invalidations.Enqueue(page);
        Volatile.Write(ref State->Attention, 1);
    }

    /// <summary>Drops the code of a page. Own thread.</summary>
    public void InvalidateCode(ulong page) => _blocks.Invalidate(page);

    /// <summary>Asks to drop all write entries of a page.</summary>
    /// <returns>A ticket for <see cref="HasDroppedWrites"/>.</returns>
    public long PostWriteDrop(ulong page)
    {
        _writeDrops.Enqueue(page);
        long ticket = Interlocked.Increment(ref _writeDropsPosted);
        Volatile.Write(ref State->Attention, 1);
        Interlocked.MemoryBarrier();
        return ticket;
    }

    /// <summary>Whether a posted drop is done, or will be before the processor writes again.</summary>
    public bool HasDroppedWrites(long ticket) =>
        Volatile.Read(ref _writeDropsServed) >= ticket || Volatile.Read(ref _inGuest) == 0;

    /// <summary>Drops the own write entries of a page.</summary>
    public void DropWriteEntries(ulong page) => _contexts.DropWrites((ulong)Memory.Base + (page << 12));

    /// <summary>Leaves the guest before anything that may block or take long.</summary>
    public void LeaveGuest() => Volatile.Write(ref _inGuest, 0);

    /// <summary>Enters the guest again, after what was posted meanwhile.</summary>
    public void EnterGuest()
    {
        Interlocked.Exchange(ref _inGuest, 1);
        ServePosted();
    }

    /// <summary>Whether the processor is outside the guest, where it touches no guest memory.</summary>
    public bool IsOutside => Volatile.Read(ref _inGuest) == 0;

    private void ServePosted()
    {
        while (Partition.IsHeldFor(this))
        {
            LeaveGuest();
            WaitForRelease();
            Interlocked.Exchange(ref _inGuest, 1);
        }

        while (_writeDrops.TryDequeue(out ulong page))
        {
            DropWriteEntries(page);
            Interlocked.Increment(ref _writeDropsServed);
        }

        while (_invalidations.TryDequeue(out ulong page))
        {
            _blocks.Invalidate(page);
        }
    }
}
