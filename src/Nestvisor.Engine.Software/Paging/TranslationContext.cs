using System.Numerics;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.Platform;

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

    // Large pages have 2 or 4 MiB, the largest 1 GiB.
    private const int LargeShift = 22;
    private const int LargestShift = 30;
    private const int WriteSlots = 1 << 14;
    private const int WriteWays = 4;
    private const int TooManySlots = -1;
    private const ulong EntryBytes = (ulong)Tables * TlbEntry.Count * 16;

    private readonly TlbEntry* _entries;
    private readonly ulong* _used;
    private readonly ulong* _global;
    private readonly ulong* _large;
    private readonly int[] _writeSlots = new int[WriteSlots * WriteWays];
    private readonly ulong[] _largeRanges = new ulong[LargeRanges];
    private int _largeCount;
    private int _usedTables;
    private bool _hasLargest;

    public TranslationContext()
    {
        // Committed as it is used.
        _entries = (TlbEntry*)HostMemory.Allocate(EntryBytes);
        _used = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        _global = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        _large = (ulong*)NativeMemory.AllocZeroed((nuint)(Tables * BitmapWords * 8));
        for (int table = 0; table < Tables; table++)
        {
            _entries[table * TlbEntry.Count].Tag = TlbEntry.EmptyTag(0);
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
    public void Insert(int privilegeClass, AccessKind kind, ulong linearPage, ulong page, bool global, int shift)
    {
        int table = Index(privilegeClass, kind);
        int slot = (int)(linearPage >> 12) & (TlbEntry.Count - 1);
        TlbEntry* entry = _entries + (table * TlbEntry.Count) + slot;
        entry->Tag = linearPage;
        entry->Page = page;
        SetBit(_used, table, slot, true);
        SetBit(_global, table, slot, global);
        SetBit(_large, table, slot, shift > 12);
        if (shift > 12)
        {
            MarkLarge(linearPage >> LargestShift);
            _hasLargest |= shift > LargeShift;
        }

        _usedTables |= 1 << table;
        if (kind == AccessKind.Write)
        {
            NoteWrite(page, (table * TlbEntry.Count) + slot + 1);
        }
    }

    /// <summary>Drops every entry.</summary>
    public void FlushAll()
    {
        Jumps.FlushAll();
        Flush(keepGlobal: false);
        _usedTables = 0;
        _largeCount = 0;
        _hasLargest = false;
    }

    /// <summary>Drops every entry that is not global.</summary>
    public void FlushNonGlobal()
    {
        Jumps.FlushNonGlobal();
        Flush(keepGlobal: true);
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
        Span<int> known = _writeSlots.AsSpan(WriteSlot(hostPage), WriteWays);
        if (known[0] != TooManySlots)
        {
            for (int way = 0; way < WriteWays; way++)
            {
                int entry = known[way] - 1;
                if (entry >= 0 && _entries[entry].Page == hostPage)
                {
                    Empty(entry >> 6, 1UL << (entry & 63));
                    known[way] = 0;
                }
            }

            return;
        }

        // Those that are left may be few again.
        known.Clear();
        for (int privilegeClass = 0; privilegeClass < 3; privilegeClass++)
        {
            int first = Index(privilegeClass, AccessKind.Write) * BitmapWords;
            for (int word = first; word < first + BitmapWords; word++)
            {
                for (ulong used = _used[word]; used != 0; used &= used - 1)
                {
                    int entry = (word * 64) + BitOperations.TrailingZeroCount(used);
                    if (_entries[entry].Page == hostPage)
                    {
                        Empty(word, 1UL << (entry & 63));
                    }
                    else if (WriteSlot(_entries[entry].Page) == WriteSlot(hostPage))
                    {
                        NoteWrite(_entries[entry].Page, entry + 1);
                    }
                }
            }
        }
    }

    /// <summary>Frees the tables.</summary>
    public void Free()
    {
        HostMemory.Release((byte*)_entries, EntryBytes);
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

    private static int WriteSlot(ulong hostPage) => ((int)(hostPage >> 12) & (WriteSlots - 1)) * WriteWays;

    // Keeps which entries were made for writes of the pages that share a place, as long as they are few. A flush forgets none: what is
    // not in use any more makes room when room is wanted.
    private void NoteWrite(ulong hostPage, int entryNumber)
    {
        Span<int> known = _writeSlots.AsSpan(WriteSlot(hostPage), WriteWays);
        int free = -1;
        for (int way = 0; way < WriteWays; way++)
        {
            if (known[way] == entryNumber || known[way] == TooManySlots)
            {
                return;
            }

            // Its place may have gone to another page.
            int entry = known[way] - 1;
            bool gone = entry < 0 || (_used[entry >> 6] >> (entry & 63) & 1) == 0 || WriteSlot(_entries[entry].Page) != WriteSlot(hostPage);
            free = gone ? way : free;
        }

        if (free >= 0)
        {
            known[free] = entryNumber;
        }
        else
        {
            known[0] = TooManySlots;
        }
    }

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

    private void Flush(bool keepGlobal)
    {
        for (int table = 0; table < Tables; table++)
        {
            if ((_usedTables >> table & 1) == 0)
            {
                continue;
            }

            for (int word = table * BitmapWords; word < (table + 1) * BitmapWords; word++)
            {
                if (_used[word] != 0)
                {
                    Empty(word, keepGlobal ? ~_global[word] : ulong.MaxValue);
                }
            }
        }
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

    // The size of the page is not kept: everything made from a large page in the same 4 MiB, or 1 GiB, goes.
    private void FlushLarge(int table, ulong linear)
    {
        int shift = _hasLargest ? LargestShift : LargeShift;
        int words = _hasLargest ? BitmapWords : 1 << (LargeShift - 12 - 6);
        int start = (table * BitmapWords) + (_hasLargest ? 0 : ((int)(linear >> 18) & (BitmapWords - 1) & ~(words - 1)));
        for (int word = start; word < start + words; word++)
        {
            for (ulong large = _used[word] & _large[word]; large != 0; large &= large - 1)
            {
                int bit = BitOperations.TrailingZeroCount(large);
                if (_entries[(word * 64) + bit].Tag >> shift == linear >> shift)
                {
                    Empty(word, 1UL << bit);
                }
            }
        }
    }
}
