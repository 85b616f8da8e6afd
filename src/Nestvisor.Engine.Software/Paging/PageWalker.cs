using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Paging;

/// <summary>
/// Walks page tables of all modes (AMD APM vol. 2 §5), the guest's and the nested ones. Accessed and dirty bits are set by
/// compare-exchange on the entry that was judged; if it has changed meanwhile the walk starts over.
/// </summary>
internal sealed unsafe class PageWalker
{
    private const ulong PhysicalMask = (1UL << CpuLimits.PhysicalAddressBits) - 1;
    private const ulong ReservedAddress = 0x000F_FFFF_FFFF_F000 & ~PhysicalMask;

    private readonly GuestMemory _memory;
    private readonly SoftwareProcessor _processor;

    public PageWalker(GuestMemory memory, SoftwareProcessor processor)
    {
        _memory = memory;
        _processor = processor;
    }

    /// <summary>Walks begun, those of nested tables among them.</summary>
    public long Walks { get; private set; }

    /// <summary>Translates an address.</summary>
    public WalkOutcome Walk(ref PageWalk walk)
    {
        Walks++;
        while (true)
        {
            WalkOutcome outcome = walk.Levels == 2 ? WalkLegacy(ref walk, out bool again) : WalkWide(ref walk, out again);
            if (!again)
            {
                return outcome;
            }
        }
    }

    private WalkOutcome WalkWide(ref PageWalk walk, out bool again)
    {
        ulong reserved = ReservedAddress | (walk.NoExecute ? 0 : PageEntry.NX);
        Span<ulong> addresses = stackalloc ulong[4];
        Span<ulong> entries = stackalloc ulong[4];
        ulong table = walk.Levels == 4 ? walk.Root & PhysicalMask & ~0xFFFUL : walk.Root & 0xFFFF_FFE0;
        ulong rights = PageEntry.RW | PageEntry.US;
        ulong noExecute = 0;
        int level = walk.Levels - 1;
        int count = 0;
        again = false;
        while (true)
        {
            int shift = 12 + (9 * level);
            ulong address = table + (((walk.Address >> shift) & (walk.Levels == 3 && level == 2 ? 3UL : 0x1FFUL)) * 8);
            if (!ReadEntry(ref walk, address, out addresses[count], out ulong entry))
            {
                return WalkOutcome.NestedFault;
            }

            entries[count++] = entry;
            if ((entry & PageEntry.P) == 0)
            {
                return Deny(ref walk, 0);
            }

            bool pdpte = walk.Levels == 3 && level == 2;
            bool leaf = level == 0 || ((entry & PageEntry.PS) != 0 && level <= 2 && !pdpte);
            ulong bad = reserved;
            bad |= level == 3 ? PageEntry.PS | PageEntry.G : 0;
            bad |= leaf && level > 0 ? ((1UL << shift) - 1) & ~0x1FFFUL : 0;
            bad |= pdpte ? 0x1E6UL | PageEntry.NX : 0;
            bad |= walk.Levels == 3 ? 0x7FF0_0000_0000_0000UL : 0;
            if ((entry & bad) != 0)
            {
                return Deny(ref walk, PageFaultError.P | PageFaultError.RSV);
            }

            if (!pdpte)
            {
                rights &= entry;
                noExecute |= entry & PageEntry.NX;
            }

            if (leaf)
            {
                uint key = walk.Levels == 4 ? KeyRights(ref walk, rights, entry) : 0;
                bool keyDenies = KeyDenies(ref walk, key, walk.Kind);
                if (keyDenies || !Allowed(ref walk, rights, noExecute))
                {
                    return Deny(ref walk, PageFaultError.P | (keyDenies ? PageFaultError.PK : 0));
                }

                again = !SetAccessed(ref walk, addresses[..count], entries[..count]);
                ulong mask = (1UL << shift) - 1;
                walk.Physical = (entry & PhysicalMask & ~0xFFFUL & ~mask) | (walk.Address & mask);
                walk.Writable = CanWrite(ref walk, rights) && !KeyDenies(ref walk, key, AccessKind.Write) && (walk.Kind == AccessKind.Write || (entry & PageEntry.D) != 0);
                walk.Global = (entry & PageEntry.G) != 0;
                walk.Shift = shift;
                return WalkOutcome.Translated;
            }

            table = entry & PhysicalMask & ~0xFFFUL;
            level--;
        }
    }

    private WalkOutcome WalkLegacy(ref PageWalk walk, out bool again)
    {
        Span<ulong> addresses = stackalloc ulong[2];
        Span<ulong> entries = stackalloc ulong[2];
        ulong table = walk.Root & 0xFFFF_F000;
        ulong rights = PageEntry.RW | PageEntry.US;
        again = false;
        for (int level = 1; ; level--)
        {
            int shift = 12 + (10 * level);
            int at = 1 - level;
            ulong address = table + (((walk.Address >> shift) & 0x3FF) * 4);
            if (!ReadEntry(ref walk, address & ~7UL, out addresses[at], out ulong pair))
            {
                return WalkOutcome.NestedFault;
            }

            addresses[at] += address & 4;
            uint entry = (uint)((address & 4) != 0 ? pair >> 32 : pair);
            entries[at] = entry;
            if ((entry & PageEntry.P) == 0)
            {
                return Deny(ref walk, 0);
            }

            rights &= entry;
            bool large = level == 1 && (entry & PageEntry.PS) != 0 && walk.PageSizeExtensions;
            if (large && (entry & (1u << 21)) != 0)
            {
                return Deny(ref walk, PageFaultError.P | PageFaultError.RSV);
            }

            if (level == 0 || large)
            {
                if (!Allowed(ref walk, rights, 0))
                {
                    return Deny(ref walk, PageFaultError.P);
                }

                again = !SetAccessed(ref walk, addresses[..(at + 1)], entries[..(at + 1)]);

                // PSE-36: bits 20:13 of a large entry are bits 39:32 of the address.
                walk.Physical = large
                    ? ((entry & 0xFFC0_0000UL) | ((entry & 0x1F_E000UL) << 19)) + (walk.Address & 0x3F_FFFF)
                    : (entry & 0xFFFF_F000UL) | (walk.Address & 0xFFF);
                walk.Writable = CanWrite(ref walk, rights) && (walk.Kind == AccessKind.Write || (entry & PageEntry.D) != 0);
                walk.Global = (entry & PageEntry.G) != 0;
                walk.Shift = large ? 22 : 12;
                return WalkOutcome.Translated;
            }

            table = entry & 0xFFFF_F000;
        }
    }

    private static bool CanWrite(ref PageWalk walk, ulong rights) =>
        (rights & PageEntry.RW) != 0 || (!walk.User && !walk.WriteProtect);

    // The two bits of the page's protection key: bit 0 forbids data accesses, bit 1 writes (AMD APM vol. 2 §5.6.6).
    private static uint KeyRights(ref PageWalk walk, ulong rights, ulong leaf) =>
        (((rights & PageEntry.US) != 0 ? walk.UserKeys : walk.SupervisorKeys) >> ((int)(leaf >> 59) & 15) * 2) & 3;

    private static bool KeyDenies(ref PageWalk walk, uint key, AccessKind kind) =>
        key != 0
        && kind != AccessKind.Fetch
        && ((key & 1) != 0 || (kind == AccessKind.Write && (walk.User || walk.WriteProtect)));

    private static bool Allowed(ref PageWalk walk, ulong rights, ulong noExecute)
    {
        bool userPage = (rights & PageEntry.US) != 0;
        if (walk.User && !userPage)
        {
            return false;
        }

        if (walk.Kind == AccessKind.Fetch)
        {
            return noExecute == 0 && !(walk.Smep && !walk.User && userPage);
        }

        if (walk.Smap && !walk.User && userPage)
        {
            return false;
        }

        return walk.Kind == AccessKind.Read || CanWrite(ref walk, rights);
    }

    private static WalkOutcome Deny(ref PageWalk walk, ulong error)
    {
        walk.Error = error
            | (walk.Kind == AccessKind.Write ? PageFaultError.RW : 0)
            | (walk.User ? PageFaultError.US : 0)
            | (walk.Kind == AccessKind.Fetch && (walk.NoExecute || walk.Smep) ? PageFaultError.ID : 0);
        return WalkOutcome.Fault;
    }

    private bool ReadEntry(ref PageWalk walk, ulong address, out ulong physical, out ulong entry)
    {
        physical = address;
        entry = 0;

        // Reads of guest tables count as user writes in the nested tables (AMD APM vol. 2 §15.25.6).
        if (walk.TablesAreNested
            && !_processor.TranslateNested(address, AccessKind.Write, PageFaultError.NestedTable, out physical, out _, out walk.Error))
        {
            walk.NestedAddress = address;
            return false;
        }

        // SAFETY: IsRam has checked all eight bytes; the entry is read once.
        entry = _memory.IsRam(physical, 8) ? Volatile.Read(ref *(ulong*)(_memory.Base + physical)) : ulong.MaxValue;
        return true;
    }

    private bool SetAccessed(ref PageWalk walk, ReadOnlySpan<ulong> addresses, ReadOnlySpan<ulong> entries)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            ulong wanted = PageEntry.A;
            if (i == entries.Length - 1 && walk.Kind == AccessKind.Write)
            {
                wanted |= PageEntry.D;
            }

            // The PDPTEs of PAE have no accessed bit.
            if ((entries[i] & wanted) == wanted || (walk.Levels == 3 && i == 0) || !_memory.IsRam(addresses[i], 8))
            {
                continue;
            }

            byte* host = _memory.Base + addresses[i];

            // SAFETY: IsRam has checked the entry's bytes, and entries are naturally aligned.
            bool same = walk.Levels == 2
                ? Interlocked.CompareExchange(ref *(uint*)host, (uint)(entries[i] | wanted), (uint)entries[i]) == (uint)entries[i]
                : Interlocked.CompareExchange(ref *(ulong*)host, entries[i] | wanted, entries[i]) == entries[i];
            if (!same)
            {
                return false;
            }

            _memory.NoteWritten(addresses[i], 8);
        }

        return true;
    }
}
