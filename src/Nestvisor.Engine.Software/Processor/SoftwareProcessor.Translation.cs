using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>From linear addresses to L1's physical ones, and the inline tables.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private readonly ContextPool _contexts = new();
    private readonly PageWalker _walker;
    private bool _alignmentChecked;
    private TlbEntry* _selectedTables;

    /// <summary>Page walks done because no inline entry served.</summary>
    public long TlbMisses { get; private set; }

    /// <summary>The translation contexts.</summary>
    public ContextPool Contexts => _contexts;

    /// <summary>Points the inline tables at the ones of the current address space, privilege and SMAP state.</summary>
    public void SelectTables()
    {
        VpState* s = State;
        bool smap = (s->Cr4 & Cr4.SMAP) != 0;
        int privilegeClass = s->Cpl == 3
            ? TranslationContext.UserClass
            : smap && (s->SystemFlags & Rflags.AC) == 0
                ? TranslationContext.SupervisorSmapClass
                : TranslationContext.SupervisorClass;
        TranslationContext context = _contexts.Current;
        _privilegeClass = privilegeClass;
        s->FetchTlb = context.Table(privilegeClass, AccessKind.Fetch);
        _alignmentChecked = s->Cpl == 3 && (s->Cr0 & Cr0.AM) != 0 && (s->SystemFlags & Rflags.AC) != 0;
        s->TlbWithAc = context.Table(TranslationContext.SupervisorClass, AccessKind.Read);
        s->TlbWithoutAc = smap ? context.Table(TranslationContext.SupervisorSmapClass, AccessKind.Read) : s->TlbWithAc;
        if (DataBreakpointsArmed || _alignmentChecked)
        {
            // Every access takes the slow path, which looks at the breakpoints and at the alignment.
            s->ReadTlb = _emptyTable;
            s->WriteTlb = _emptyTable;
        }
        else
        {
            s->ReadTlb = context.Table(privilegeClass, AccessKind.Read);
            s->WriteTlb = context.Table(privilegeClass, AccessKind.Write);
        }

        _selectedTables = s->ReadTlb;
    }

    /// <summary>Makes the context of the current ASID and PCID current.</summary>
    public void SelectContext()
    {
        _contexts.Select(CurrentAsid, (State->Cr4 & Cr4.PCIDE) != 0 ? (ushort)(State->Cr3 & 0xFFF) : (ushort)0, KeysInForce);
        SelectTables();
    }

    /// <summary>Translates for the running code.</summary>
    /// <returns><see cref="Status.Next"/>, or <see cref="Status.Exception"/> with #PF or a nested page fault raised.</returns>
    public int Translate(ulong linear, AccessKind kind, out ulong physical) => Translate(linear, kind, _privilegeClass, out physical, true);

    private int Translate(ulong linear, AccessKind kind, int privilegeClass, out ulong physical, bool insert)
    {
        Occupation before = _occupation;
        _occupation = Occupation.WalkingTables;
        int status = TranslateByTables(linear, kind, privilegeClass, out physical, insert);
        _occupation = before;
        return status;
    }

    private int TranslateByTables(ulong linear, AccessKind kind, int privilegeClass, out ulong physical, bool insert)
    {
        VpState* s = State;
        TlbMisses++;
        bool writable = true;
        bool global = false;
        int shift = 12;
        physical = linear;
        if ((s->Cr0 & Cr0.PG) != 0)
        {
            PageWalk walk = new()
            {
                Address = linear,
                Root = s->Cr3,
                Levels = (s->Efer & Efer.LMA) != 0 ? 4 : (s->Cr4 & Cr4.PAE) != 0 ? 3 : 2,
                Kind = kind,
                User = privilegeClass == TranslationContext.UserClass,
                Smap = privilegeClass == TranslationContext.SupervisorSmapClass,
                Smep = (s->Cr4 & Cr4.SMEP) != 0,
                WriteProtect = (s->Cr0 & Cr0.WP) != 0,
                NoExecute = (s->Efer & Efer.NXE) != 0,
                PageSizeExtensions = (s->Cr4 & Cr4.PSE) != 0,
                UserKeys = (uint)KeysInForce,
                SupervisorKeys = (uint)(KeysInForce >> 32),
                TablesAreNested = NestedPaging,
            };
            WalkOutcome outcome = _walker.Walk(ref walk);
            if (outcome == WalkOutcome.Fault)
            {
                return Fault.PageFault(s, linear, walk.Error);
            }

            if (outcome == WalkOutcome.NestedFault)
            {
                return RaiseNestedFault(walk.NestedAddress, walk.Error);
            }

            physical = walk.Physical;
            writable = walk.Writable;
            global = walk.Global && (s->Cr4 & Cr4.PGE) != 0;
            shift = walk.Shift;
        }

        if (NestedPaging)
        {
            ulong guestPhysical = physical;
            if (!TranslateNested(guestPhysical, kind, PageFaultError.NestedFinal, out physical, out bool nestedWritable, out ulong error))
            {
                return RaiseNestedFault(guestPhysical, error);
            }

            writable &= nestedWritable;
        }

        if (insert)
        {
            Insert(linear & ~0xFFFUL, physical & ~0xFFFUL, kind, privilegeClass, writable, global, shift);
        }

        return Status.Next;
    }

    private int RaiseNestedFault(ulong guestPhysical, ulong error)
    {
        State->Exception = new PendingException { Vector = PendingException.NestedPageFault, ErrorCode = error, Payload = guestPhysical };
        return Status.Exception;
    }

    private void Insert(ulong linearPage, ulong physicalPage, AccessKind kind, int privilegeClass, bool writable, bool global, int shift)
    {
        if (!Memory.IsRam(physicalPage, 4096) || (physicalPage == _apicPage && _apicMapped))
        {
            return;
        }

        TranslationContext context = _contexts.Current;
        if (kind == AccessKind.Fetch)
        {
            context.Insert(privilegeClass, AccessKind.Fetch, linearPage, physicalPage, global, shift);
            return;
        }

        ulong hostPage = (ulong)Memory.Base + physicalPage;
        context.Insert(privilegeClass, AccessKind.Read, linearPage, hostPage, global, shift);
        if (kind == AccessKind.Write && writable && Partition.Code.PrepareWriteEntry(physicalPage >> 12))
        {
            context.Insert(privilegeClass, AccessKind.Write, linearPage, hostPage, global, shift);
        }
    }
}
