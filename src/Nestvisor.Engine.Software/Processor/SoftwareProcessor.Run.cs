using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>The loop that runs blocks.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _shutdown;
    private long _stepsLeft;

    /// <summary>
    /// Makes the next <see cref="Run"/> come back after so many instructions; each piece of a repeated one counts, and so does a
    /// fault. It then runs blocks of one instruction.
    /// </summary>
    public void StopAfter(long instructions) => _stepsLeft = instructions;

    /// <inheritdoc/>
    public override RunResult Run(IMachineBus bus)
    {
        _bus = bus;
        Partition.WakeUp();
        EnterGuest();
        _occupation = Occupation.Interpreting;
        try
        {
            return RunLoop();
        }
        finally
        {
            _occupation = Occupation.None;
            LeaveGuest();
            Partition.FallAsleep();
        }
    }

    private RunResult RunLoop()
    {
        VpState* s = State;
        SelectContext();
        UpdateMode();
        Volatile.Write(ref s->Attention, 1);
        while (true)
        {
            if (Volatile.Read(ref s->Attention) != 0 && !HandleEvents(out RunResult result))
            {
                return result;
            }

            if (_isCodeFull)
            {
                _blocks.Clear();
            }

            Block* block = FindBlock(s, out int status);
            Op* op = null;
            if (block != null)
            {
                if (block->Cold >= 0 && --block->Cold < 0)
                {
                    block = Translate(block);
                }

                if (block->Translation != null)
                {
                    status = _comparison is null ? RunNative(s, block->Translation, out op) : RunCompared(s, block->Translation, out op);
                }
                else
                {
                    s->BlockRip = s->Rip;
                    op = block->Ops;
                    do
                    {
                        status = op->Handler(s, op);
                        op++;
                    }
                    while (status == Status.Next);
                    op--;
                    s->InstructionCount += op - block->Ops + 1;
                }
            }

            if (status == Status.Branch && (s->Mode & BlockMode.SingleStep) == 0)
            {
                continue;
            }

            if (!Finish(s, op, status))
            {
                return RunResult.Shutdown;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Block* FindBlock(VpState* s, out int status)
    {
        ulong linear = (s->Rip + s->SegmentBase[1]) & s->LinearMask;
        TlbEntry* entry = s->FetchTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if (entry->Tag == (linear & ~0xFFFUL))
        {
            ulong physical = entry->Page + (linear & 0xFFF);
            Block* block = _blocks.Find(physical, s->Mode);
            if (block != null && block->SecondPage == Block.NoPage && (s->Mode & (BlockMode.Segmented | BlockMode.SingleStep)) == 0)
            {
                status = Status.Branch;
                return block;
            }
        }

        return FindBlockSlow(s, linear, out status);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block* FindBlockSlow(VpState* s, ulong linear, out int status)
    {
        bool limited = (s->Mode & BlockMode.CodeSizeMask) != 2;
        if (limited ? s->Rip > s->Cs.Limit : !CpuLimits.IsCanonical(linear))
        {
            status = Fault.GeneralProtection(s, 0);
            return null;
        }

        if (HitsCodeBreakpoint(s, linear))
        {
            status = Status.Exception;
            return null;
        }

        status = TranslateFetch(s, linear, out ulong physical);
        if (status != Status.Next)
        {
            return null;
        }

        Block* block = FindOrDecode(s, linear, physical, s->Mode, ref status);
        if (block != null && limited && s->Rip + (ulong)block->Bytes - 1 > s->Cs.Limit)
        {
            // The limit lies within the block: up to there instruction by instruction.
            block = FindOrDecode(s, linear, physical, s->Mode | BlockMode.SingleStep, ref status);
            if (block != null && s->Rip + (ulong)block->Bytes - 1 > s->Cs.Limit)
            {
                status = Fault.GeneralProtection(s, 0);
                return null;
            }
        }

        return block;
    }

    private Block* FindOrDecode(VpState* s, ulong linear, ulong physical, uint mode, ref int status)
    {
        Block* block = _blocks.Find(physical, mode);
        if (block != null && block->SecondPage != Block.NoPage)
        {
            status = TranslateFetch(s, (linear & ~0xFFFUL) + 4096, out ulong second);
            if (status != Status.Next)
            {
                return null;
            }

            if (second >> 12 != block->SecondPage >> 12)
            {
                _blocks.Invalidate(block->SecondPage >> 12);
                block = null;
            }
        }

        return block != null ? block : _decoder.Decode(s->Rip, linear, physical, new BlockMode(mode), out status);
    }

    private int TranslateFetch(VpState* s, ulong linear, out ulong physical)
    {
        linear &= s->LinearMask;
        TlbEntry* entry = s->FetchTlb + ((linear >> 12) & (TlbEntry.Count - 1));
        if (entry->Tag == (linear & ~0xFFFUL))
        {
            physical = entry->Page + (linear & 0xFFF);
            return Status.Next;
        }

        return Translate(linear, AccessKind.Fetch, out physical);
    }

    // What follows an instruction that left its block by more than a branch.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Finish(VpState* s, Op* op, int status)
    {
        bool done = false;
        switch (status)
        {
            case Status.Exception:
                if (op != null)
                {
                    s->Rip = (s->BlockRip + op->Offset + (s->Exception.IsTrap ? op->Length : 0u)) & s->RipMask;
                }

                if (_hits != 0 && s->Exception.Vector == (byte)ExceptionVector.Debug)
                {
                    s->Exception.Payload |= _hits;
                    _hits = 0;
                }

                DeliverException();
                break;
            case Status.Again:
                s->Rip = (s->BlockRip + op->Offset) & s->RipMask;
                CheckTraps(s);
                Volatile.Write(ref s->Attention, 1);
                break;
            case Status.Leave:
            case Status.Branch:
                done = true;
                break;
            case Status.Switched:
                break;
            case Status.Restart:
                break;
        }

        if (_shutdown)
        {
            return false;
        }

        if (done)
        {
            if (_recordBranches && op != null)
            {
                RecordBranch(s, op);
            }

            AfterInstruction(s);
        }

        if (_stepsLeft != 0 && --_stepsLeft == 0)
        {
            RequestStop();
        }

        UpdateMode();
        if (HasSomethingToDo(s))
        {
            Volatile.Write(ref s->Attention, 1);
        }

        return !_shutdown;
    }

    private void AfterInstruction(VpState* s)
    {
        // A shadow that the instruction itself has cast lasts over the next one.
        if ((s->InterruptShadow & ShadowNew) != 0)
        {
            s->InterruptShadow &= unchecked((byte)~ShadowNew);
        }
        else
        {
            s->InterruptShadow = 0;
        }

        if (!_resumeFlagLoaded)
        {
            s->SystemFlags &= ~Rflags.RF;
        }

        _resumeFlagLoaded = false;
        CheckTraps(s);
    }
}
