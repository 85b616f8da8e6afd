using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Paging;

namespace Nestvisor.Engine.Software.Nested.Slat;

/// <summary>
/// Translations from L2's guest-physical pages to L1's physical ones, so that a walk of L2's tables does not walk the nested
/// tables at each level. Entries carry their ASID; what is absent or forbidden is never kept. They are dropped by what the
/// manual names: TLB_CONTROL, and a VMRUN with another nested root.
/// </summary>
internal sealed unsafe class NestedTlb : IDisposable
{
    private const int Count = 2048;
    private const uint Readable = 1;
    private const uint Writable = 2;
    private const uint Executable = 4;

    private readonly Entry* _entries = (Entry*)NativeMemory.AlignedAlloc((nuint)(Count * sizeof(Entry)), 64);
    private bool _used = true;

    public NestedTlb() => Flush();

    /// <summary>Finds a translation that is known to allow the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(uint asid, ulong address, AccessKind kind, out ulong physical, out bool writable)
    {
        Entry* entry = _entries + ((address >> 12) & (Count - 1));
        physical = entry->Physical + (address & 0xFFF);
        writable = (entry->Rights & Writable) != 0;
        return entry->Page == address >> 12 && entry->Asid == asid && (entry->Rights & (1u << (int)kind)) != 0;
    }

    /// <summary>Keeps a translation.</summary>
    public void Add(uint asid, ulong address, AccessKind kind, ulong physical, bool writable)
    {
        Entry* entry = _entries + ((address >> 12) & (Count - 1));
        uint rights = kind == AccessKind.Fetch ? Executable : Readable;
        rights |= writable ? Readable | Writable : 0;
        if (entry->Page == address >> 12 && entry->Asid == asid && entry->Physical == (physical & ~0xFFFUL))
        {
            entry->Rights |= rights;
            return;
        }

        *entry = new Entry { Page = address >> 12, Physical = physical & ~0xFFFUL, Asid = asid, Rights = rights };
        _used = true;
    }

    /// <summary>Drops everything.</summary>
    public void Flush()
    {
        if (_used)
        {
            new Span<Entry>(_entries, Count).Clear();
            _used = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_entries);

    // ASID 0 is L1's own, so that a cleared entry matches nothing.
    private struct Entry
    {
        public ulong Page;
        public ulong Physical;
        public uint Asid;
        public uint Rights;
    }
}
