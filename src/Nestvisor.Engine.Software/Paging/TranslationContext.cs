using System.Numerics;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Paging;

/// <summary>
/// The inline tables of one address space (ASID and PCID): for each privilege class one for reads, one for writes and one for
/// fetches. A switch of address space changes which context is current and leaves its entries alone.
/// </summary>
internal sealed unsafe class TranslationContext
{
    /// <summary>Privilege classes: user, supervisor with SMAP in force, supervisor without.</summary>
    public const int UserClass = 0;
    public const int SupervisorSmapClass = 1;
    public const int SupervisorClass = 2;

    private const int Kinds = 3;
    private const int Tables = 3 * Kinds;
    private const int BitmapWords = TlbEntry.Count / 64;
    private const int LargeRanges = 8;

    // No page is larger.
    private const int LargestShift = 30;
    private const int WrittenBits = 1 << 13;

    private readonly TlbEntry* _entries;
    private readonly ulong* _used;
    private readonly ulong* _global;
    private readonly ulong* _large;
    private readonly ulong[] _writtenPages = new ulong[WrittenBits / 64];
    private readonly ulong[] _largeRanges = new ulong[LargeRanges];
    private int _largeCount;

    public TranslationContext()
    {
        _entries = (TlbEntry*)NativeMemory.AlignedAlloc((nuint)(Tables * TlbEntry.Count * sizeof(TlbEntry)), 64);
        _used = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        _global = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        _large = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        for (int slot = 0; slot < Tables * TlbEntry.Count; slot++)
        {
            _entries[slot] = new TlbEntry { Tag = TlbEntry.EmptyTag(slot & (TlbEntry.Count - 1)) };
        }
    }

    /// <summary>Whose address space it is; 0 is the host's (L1's own).</summary>
    public uint Asid { get; set; }

    /// <summary>Process-context identifier; 0 without CR4.PCIDE.</summary>
    public ushort Pcid { get; set; }

    /// <summary>
    /// Rights of protection keys that the entries were made under: PKRU, and IA32_PKRS in the upper half. A change of them selects
    /// another context and flushes nothing.
    /// </summary>
    public ulong Keys { get; set; }

    /// <summary>Whether the context belongs to an address space.</summary>
    public bool InUse { get; set; }

    /// <summary>When it was last made current, for replacement.</summary>
    public long LastUse { get; set; }

    /// <summary>What the jump cache knows of this address space by.</summary>
    public JumpSalts Jumps { get; } = new();

    /// <summary>The jump cache got an entry for code at an address, of which there is a fetch entry.</summary>
    public void Entered(int privilegeClass, ulong linear)
    {
        int slot = (int)(linear >> 12) & (TlbEntry.Count - 1);
        int word = (Index(privilegeClass, AccessKind.Fetch) * BitmapWords) + (slot >> 6);
        bool global = (_global[word] >> (slot & 63) & 1) != 0;
        bool large = (_large[word] >> (slot & 63) & 1) != 0;
        Jumps.Entered(linear, global, large);
    }

    /// <summary>One table.</summary>
    public TlbEntry* Table(int privilegeClass, AccessKind kind) => _entries + (Index(privilegeClass, kind) * TlbEntry.Count);

    /// <summary>Stores an entry.</summary>
    public void Insert(int privilegeClass, AccessKind kind, ulong linearPage, ulong page, bool global, bool large)
    {
        int table = Index(privilegeClass, kind);
        int slot = (int)(linearPage >> 12) & (TlbEntry.Count - 1);
        TlbEntry* entry = _entries + (table * TlbEntry.Count) + slot;
        entry->Tag = linearPage;
        entry->Page = page;
        SetBit(_used, table, slot, true);
        SetBit(_global, table, slot, global);
        SetBit(_large, table, slot, large);
        if (large)
        {
            MarkLarge(linearPage >> LargestShift);
        }

        if (kind == AccessKind.Write)
        {
            // Which pages there may be write entries of; forgotten with all entries.
            _writtenPages[WrittenWord(page)] |= WrittenBit(page);
        }
    }

    /// <summary>Drops every entry.</summary>
    public void FlushAll()
    {
        Jumps.FlushAll();
        for (int word = 0; word < Tables * BitmapWords; word++)
        {
            Empty(word, ulong.MaxValue);
        }

        Array.Clear(_writtenPages);
        _largeCount = 0;
    }

    /// <summary>Drops every entry that is not global.</summary>
    public void FlushNonGlobal()
    {
        Jumps.FlushNonGlobal();
        for (int word = 0; word < Tables * BitmapWords; word++)
        {
            Empty(word, ~_global[word]);
        }
    }

    /// <summary>Drops the translation of one linear page, and all entries made from the large page it may lie in.</summary>
    public void FlushPage(ulong linear)
    {
        ulong page = linear & ~0xFFFUL;
        int slot = (int)(page >> 12) & (TlbEntry.Count - 1);
        Jumps.FlushPage(linear);
        bool mayBeLarge = MayBeLarge(linear >> LargestShift);
        for (int table = 0; table < Tables; table++)
        {
            TlbEntry* entries = _entries + (table * TlbEntry.Count);
            if (entries[slot].Tag == page)
            {
                Empty((table * BitmapWords) + (slot >> 6), 1UL << (slot & 63));
            }

            if (mayBeLarge)
            {
                FlushLarge(table, linear);
            }
        }
    }

    /// <summary>Drops write entries that lead to one page of host memory.</summary>
    public void DropWrites(ulong hostPage)
    {
        if ((_writtenPages[WrittenWord(hostPage)] & WrittenBit(hostPage)) == 0)
        {
            return;
        }

        for (int privilegeClass = 0; privilegeClass < 3; privilegeClass++)
        {
            int first = Index(privilegeClass, AccessKind.Write) * BitmapWords;
            for (int word = first; word < first + BitmapWords; word++)
            {
                for (ulong used = _used[word]; used != 0; used &= used - 1)
                {
                    int bit = BitOperations.TrailingZeroCount(used);
                    if (_entries[(word * 64) + bit].Page == hostPage)
                    {
                        Empty(word, 1UL << bit);
                    }
                }
            }
        }
    }

    /// <summary>Frees the tables.</summary>
    public void Free()
    {
        NativeMemory.AlignedFree(_entries);
        NativeMemory.Free(_used);
        NativeMemory.Free(_global);
        NativeMemory.Free(_large);
    }

    private static int Index(int privilegeClass, AccessKind kind) => (privilegeClass * Kinds) + (int)kind;

    private static void SetBit(ulong* bitmap, int table, int slot, bool value)
    {
        ulong* word = bitmap + (table * BitmapWords) + (slot >> 6);
        ulong bit = 1UL << (slot & 63);
        *word = value ? *word | bit : *word & ~bit;
    }

    private static int WrittenWord(ulong hostPage) => (int)(hostPage >> 18) & ((WrittenBits / 64) - 1);

    private static ulong WrittenBit(ulong hostPage) => 1UL << (int)((hostPage >> 12) & 63);

    private void MarkLarge(ulong range)
    {
        if (!MayBeLarge(range))
        {
            if (_largeCount < LargeRanges)
            {
                _largeRanges[_largeCount] = range;
            }

            _largeCount++;
        }
    }

    // The ranges of 1 GiB in which there are entries made from large pages; more than can be kept are everywhere.
    private bool MayBeLarge(ulong range)
    {
        for (int i = 0; i < Math.Min(_largeCount, LargeRanges); i++)
        {
            if (_largeRanges[i] == range)
            {
                return true;
            }
        }

        return _largeCount > LargeRanges;
    }

    // Empties those of a word's 64 slots that are in use and asked for.
    private void Empty(int word, ulong asked)
    {
        ulong emptied = _used[word] & asked;
        _used[word] &= ~emptied;
        for (; emptied != 0; emptied &= emptied - 1)
        {
            int slot = (word * 64) + BitOperations.TrailingZeroCount(emptied);
            _entries[slot].Tag = TlbEntry.EmptyTag(slot & (TlbEntry.Count - 1));
        }
    }

    private void FlushLarge(int table, ulong linear)
    {
        // The size of the large page is not kept: everything made from a large page in the same GiB goes.
        for (int word = table * BitmapWords; word < (table + 1) * BitmapWords; word++)
        {
            for (ulong large = _used[word] & _large[word]; large != 0; large &= large - 1)
            {
                int bit = BitOperations.TrailingZeroCount(large);
                if (_entries[(word * 64) + bit].Tag >> LargestShift == linear >> LargestShift)
                {
                    Empty(word, 1UL << bit);
                }
            }
        }
    }
}
