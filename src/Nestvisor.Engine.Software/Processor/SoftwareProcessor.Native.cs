using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>Native code: when a block gets it, how it is entered, and what happens when it leaves.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const int MostSplits = 8;

    private readonly TranslationCache? _translations;

    // A way that translated code left by, to be linked if what it leads to is native too.
    private Edge* _openEdge;
    private Block* _openEdgeSource;
    private ulong _openEdgeTarget;
    private bool _isCodeFull;

    /// <summary>The native code, for counters; null if there is none.</summary>
    public TranslationCache? Translations => _translations;

    // Whether an event would be taken if IF were set: code that sets it must not run on then.
    private bool HasWaitingEvent =>
        _nmiPending != 0 || Apic.HasEvents || Apic.HasPendingInterrupt || Apic.HasExternalInterrupt
        || (_inGuestMode && _vmcb.Virtual(VirtualInterrupt.Irq));

    // Called when a block has been interpreted often enough. Returns where it is now.
    private Block* Translate(Block* block)
    {
        if (!_translations!.HasRoom)
        {
            _isCodeFull = true;
            return block;
        }

        block = _decoder.Extend(State->Rip, block);
        block->Cold = -1;
        byte* bytes = stackalloc byte[block->Bytes];
        if (!Prepare(block, bytes, share: true))
        {
            return block;
        }

        Block* moved = _blocks.Promote(block);
        if (moved == null)
        {
            _isCodeFull = true;
            return block;
        }

        Publish(moved, bytes);
        return moved;
    }

    // A range that accesses share lay on two pages. Where that goes on, each access gets its own check.
    private TranslatedBlock* NoteSplit(TranslatedBlock* translation)
    {
        Block* block = translation->Block;
        if (++translation->Splits != MostSplits || !_translations!.HasRoom || block->Stale != 0)
        {
            return translation;
        }

        byte* bytes = stackalloc byte[block->Bytes];
        if (Prepare(block, bytes, share: false))
        {
            _translations.Drop(translation);
            Publish(block, bytes);
        }

        return block->Translation;
    }

    // From a copy: another processor may write to the page now, and its notice comes later.
    private bool Prepare(Block* block, byte* bytes, bool share)
    {
        _occupation = Occupation.Translating;
        _translating.Begin();
        Buffer.MemoryCopy(Memory.Base + block->Physical, bytes, block->Bytes, block->Bytes);
        bool done = _translations!.Prepare(block, new ReadOnlySpan<byte>(bytes, block->Bytes), share);
        _translating.End();
        _occupation = Occupation.Interpreting;
        return done;
    }

    private void Publish(Block* block, byte* bytes)
    {
        _translations!.Publish(block);
        Partition.Watch?.Add(_translations, block, new ReadOnlySpan<byte>(bytes, block->Bytes), Index);
    }

    // All blocks were dropped, and their native code with them.
    private void ForgetNativeCode()
    {
        _isCodeFull = false;
        _openEdge = null;
        new Span<JumpCache.Entry>(JumpTable, JumpCache.Count).Clear();
    }

    private JumpCache.Entry* JumpTable => (JumpCache.Entry*)((byte*)State + Frame.JumpCacheDistance);

    /// <summary>Runs native code from a block's start on.</summary>
    /// <param name="s">The state; RIP is that of the block.</param>
    /// <param name="start">The block.</param>
    /// <param name="op">The interpreted operation that ended it; null if none did, and RIP is where to go on.</param>
    private int RunNative(VpState* s, TranslatedBlock* start, out Op* op)
    {
        TranslationCache cache = _translations!;
        EnterJump(s, start);
        byte* entry = start->EntryByMemory;
        ExtendedState parts = ExtendedState.None;
        s->PageBase = s->Rip & ~0xFFFUL;
        while (true)
        {
            s->NativeFlags = LazyFlags.ReadNative(s);
            s->EntryPoint = entry;
            s->EventsWaiting = (s->SystemFlags & Rflags.IF) == 0 && HasWaitingEvent ? 1 : 0;

            // What was interpreted may have flushed.
            RefreshFastCalls(s);
            s->JumpSalt = _contexts.Current.Jumps.For(s->Mode);
            _occupation = Occupation.Native;
            cache.Enter(s, parts);
            _occupation = Occupation.Interpreting;
            LazyFlags.WriteNative(s, s->NativeFlags);
            if (s->ReadTlb != _selectedTables)
            {
                // The code has changed RFLAGS.AC.
                SelectTables();
            }

            ExitSite site = new(*(uint*)s->ExitPoint);
            TranslatedBlock* translation = cache.Block(site.Block);
            Block* block = translation->Block;
            s->BlockRip = s->PageBase + (block->Physical & 0xFFF);
            _nativeExits[(int)site.Kind]++;
            if (site.Kind != ExitSite.Operation)
            {
                op = null;
                LeaveByWay(s, translation, site);
                return Status.Branch;
            }

            if (site.IsSplit)
            {
                translation = NoteSplit(translation);
            }

            int index = site.Index;
            int status = InterpretLeft(s, translation, ref index, out op);
            if (status != Status.Next)
            {
                return status;
            }

            entry = cache.At(translation->Resume[index]);
            parts = translation->Uses;
        }
    }

    // Interprets what native code was left for. With Status.Next the native code goes on, at the index.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int InterpretLeft(VpState* s, TranslatedBlock* translation, ref int index, out Op* op)
    {
        Block* block = translation->Block;
        op = block->Ops + index;
        do
        {
            int status = op->Handler(s, op);
            s->InstructionCount++;
            if (status != Status.Next)
            {
                // The shadow of an STI before it ends with the instruction.
                return status == Status.Branch && s->InterruptShadow != 0 ? Status.Leave : status;
            }

            if (s->InterruptShadow != 0)
            {
                s->Rip = (s->BlockRip + op->Offset + op->Length) & s->RipMask;
                return Status.Leave;
            }

            op++;
            index++;
        }
        while (translation->Resume[index] == 0 || block->Stale != 0);

        return Status.Next;
    }

    private void LeaveByWay(VpState* s, TranslatedBlock* translation, ExitSite site)
    {
        if (site.Kind == ExitSite.Stale)
        {
            s->Rip = s->BlockRip;
            return;
        }

        Edge* edge = translation->EdgeAt(site);
        s->Rip = s->BlockRip + (ulong)edge->Target;
        _openEdge = edge;
        _openEdgeSource = translation->Block;
        _openEdgeTarget = s->Rip;
    }

    // Makes the block findable for native code that jumps to RIP.
    private void EnterJump(VpState* s, TranslatedBlock* translation)
    {
        TranslationContext context = _contexts.Current;
        JumpCache.Set(
            JumpTable,
            s->Rip,
            context.Jumps.For(s->Mode),
            translation->EntryByMemory);
        context.Entered(_privilegeClass, s->Rip);
        if (_openEdge != null)
        {
            // Much may have happened since: the address may be of another page by now, or its code run in another mode.
            Block* target = translation->Block;
            if (_openEdgeTarget == s->Rip && _openEdgeSource->Stale == 0
                && (_openEdgeSource->Physical ^ target->Physical) < 4096 && _openEdgeSource->Mode == target->Mode)
            {
                _translations!.Link(_openEdge, translation);
            }

            _openEdge = null;
        }
    }
}
