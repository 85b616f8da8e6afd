using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>The two runs.</summary>
internal sealed unsafe partial class TierComparison
{
    // Elements; native code runs strings of a page at most.
    private const ulong LongestString = 4096;

    private int _count;

    // By turns, and for each block of a loop: the multiples of this have no short period.
    private const ulong Mixer = 0x9E37_79B9_7F4A_7C15;

    /// <summary>How native code was left.</summary>
    /// <param name="Site">Where.</param>
    /// <param name="End">The operation to interpret, or <see cref="ByWay"/>.</param>
    /// <param name="Tables">Whether the inline tables of RFLAGS.AC were in force at the end.</param>
    private readonly record struct Outcome(ExitSite Site, int End, bool Tables);

    // Interprets from the start on, up to what native code leaves for, a way out, or an operation; expects what came out, and puts the
    // start back. Only operations that have native code are run: none of them has an effect beside registers and memory.
    private void Interpret(int limit)
    {
        VpState* s = _s;
        TlbEntry* reads = s->ReadTlb;
        TlbEntry* writes = s->WriteTlb;
        bool alignmentFlag = AlignmentFlag;
        _memory.Select(reads, writes, alignmentFlag);
        s->ReadTlb = s->WriteTlb = _emptyTable;
        _processor.IsAhead = true;
        Block* block = _translation->Block;
        int index = _first;
        Op* op = block->Ops + index;
        int status = Status.Next;
        while (index < limit && IsNative(index) && !EndsPiece(op))
        {
            do
            {
                // A repeated instruction may want several goes.
                status = op->Handler(s, op);
            }
            while (status == Status.Again);

            if (s->ReadTlb != _emptyTable)
            {
                // CLAC and STAC have chosen the tables.
                _memory.Select(s->ReadTlb, s->WriteTlb, AlignmentFlag);
                s->ReadTlb = s->WriteTlb = _emptyTable;
            }

            if (status != Status.Next && !(status == Status.Leave && op->Code == (ushort)Code.Sti && RunsOn()))
            {
                break;
            }

            status = Status.Next;
            index++;
            op++;
        }

        _count = index - _first + (status == Status.Branch ? 1 : 0);
        _processor.IsAhead = false;
        _expectedEnd = status == Status.Branch ? ByWay : index;
        if (_expectedEnd != ByWay && IsShadowed(block->Ops, index))
        {
            s->InterruptShadow = SoftwareProcessor.ShadowSti;
        }

        _expected->Save(s, _vectors);
        Reset(reads, writes, alignmentFlag);
        if ((status == Status.Leave && op->Code != (ushort)Code.Sti) || (status == Status.Exception && (op->Flags & OpFlags.Rep) != 0))
        {
            // It has been done, or a part of it, and native code leaves before it.
            _memory.Rewind();
            Interpret(index);
        }
    }

    // Native code goes on behind an STI without a shadow, unless it has to leave for it.
    private bool RunsOn()
    {
        bool wasClear = (_s->InterruptShadow & SoftwareProcessor.ShadowNew) != 0;
        _s->InterruptShadow = 0;
        if (wasClear && _s->EventsWaiting != 0)
        {
            _s->SystemFlags &= ~Rflags.IF;
            return false;
        }

        return wasClear;
    }

    private bool IsNative(int operation) => (_translation->Native[operation >> 6] >> (operation & 63) & 1) != 0;

    // Native code leaves for what is intercepted. It leaves for SYSCALL and SYSRET, since it does not find where they lead, and for long
    // strings.
    private bool EndsPiece(Op* op)
    {
        if ((op->Flags & (OpFlags.PlainCheck | OpFlags.Rep)) != 0)
        {
            return (op->Flags & OpFlags.PlainCheck) != 0
                ? _processor.ControlBlock.Intercepts((SvmIntercept)op->Register3)
                : IsRepeated(op) && _s->Gpr[1] > LongestString;
        }

        return op->Code is (ushort)Code.Syscall or (ushort)Code.Sysretq;
    }

    private static bool IsRepeated(Op* op) => RecipeTable.Of((Code)op->Code) is Recipe.RepeatedStore or Recipe.RepeatedMove;

    // Whether an operation is the instruction behind an STI of this piece, or the check before it.
    private bool IsShadowed(Op* ops, int index)
    {
        int before = index - 1;
        if (before > _first && (ops[before].Flags & OpFlags.PlainCheck) != 0)
        {
            before--;
        }

        return before >= _first && ops[before].Code == (ushort)Code.Sti && (ops[before].Flags & OpFlags.PlainCheck) == 0;
    }

    // Puts the start back, and the processor's tables.
    private void Reset(TlbEntry* reads, TlbEntry* writes, bool alignmentFlag)
    {
        bool selected = AlignmentFlag == alignmentFlag;
        _start->Restore(_s, _vectors);
        _s->ReadTlb = reads;
        _s->WriteTlb = writes;
        if (!selected)
        {
            _processor.SelectTables();
        }
    }

    // Runs native code from the start on, with the pages that the interpreter has used.
    private Outcome Execute()
    {
        VpState* s = _s;
        TlbEntry* reads = s->ReadTlb;
        TlbEntry* writes = s->WriteTlb;
        TlbEntry* with = s->TlbWithAc;
        TlbEntry* without = s->TlbWithoutAc;
        bool alignmentFlag = AlignmentFlag;
        UsedPages pages = _memory.Pages;
        s->TlbWithAc = pages.Table(true);
        s->TlbWithoutAc = pages.Table(false);
        s->ReadTlb = pages.Table(alignmentFlag);
        s->PageBase = _pageBase;
        s->NativeFlags = _start->Flags;
        ExtendedState parts = ExtendedState.None;
        if (_first != 0)
        {
            s->EntryPoint = _cache.At(_translation->Resume[_first]);
            parts = _translation->Uses;
        }
        else if ((ulong)Compared * Mixer > ulong.MaxValue / 2)
        {
            s->ExitPoint = _translation->EntryByFlags;
            s->EntryPoint = _routines.EntryByFlags;
        }
        else
        {
            s->EntryPoint = _translation->EntryByMemory;
        }

        JumpCache.Entry* jumps = (JumpCache.Entry*)((byte*)s + Frame.JumpCacheDistance);
        if (_expectedEnd == ByWay)
        {
            JumpCache.Set(jumps, _expected->Rip, s->JumpSalt, _routines.Landing);
        }

        _cache.Enter(s, parts);
        if (_expectedEnd == ByWay)
        {
            JumpCache.Remove(jumps, _expected->Rip, s->JumpSalt);
        }

        LazyFlags.WriteNative(s, s->NativeFlags);
        bool tables = s->ReadTlb == pages.Table(AlignmentFlag);
        s->TlbWithAc = with;
        s->TlbWithoutAc = without;
        s->ReadTlb = reads;
        s->WriteTlb = writes;
        if (AlignmentFlag != alignmentFlag)
        {
            _processor.SelectTables();
        }

        return Follow(new ExitSite(*(uint*)s->ExitPoint), tables);
    }

    private Outcome Follow(ExitSite site, bool tables)
    {
        if (site == ComparisonRoutines.LandingSite)
        {
            // Reached only with the expected address, of which the page is put down once more.
            _s->Rip = _s->PageBase | (_expected->Rip & 0xFFF);
            return new Outcome(site, ByWay, tables);
        }

        if (site.Kind is ExitSite.Operation or ExitSite.Stale)
        {
            return new Outcome(site, site.Index, tables);
        }

        Edge* edge = _translation->EdgeAt(site);
        _s->Rip = _s->BlockRip + (ulong)edge->Target;
        return new Outcome(site, ByWay, tables);
    }
}
