using Nestvisor.Engine.Software.Comparison;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Native code in the mode in which all of it is compared with the interpreter.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    // Null in all other modes.
    private readonly TierComparison? _comparison;

    private readonly MemoryOverlay? _overlay;

    // Bits that a block's mode has if it is to be compared.
    private readonly uint _comparedMode;

    /// <summary>Whether the interpreter runs ahead of native code, on an overlay of guest memory.</summary>
    public bool IsAhead { get; set; }

    // As RunNative, but nothing is linked or found in the jump cache, so that each block comes back.
    private int RunCompared(VpState* s, TranslatedBlock* translation, out Op* op)
    {
        if ((s->Mode & _comparedMode) != _comparedMode)
        {
            return RunNative(s, translation, out op);
        }

        // SYSCALL and SYSRET lead to no native code.
        s->FastCalls.UserMode = s->FastCalls.KernelMode = 0;
        _fastCallsStale = true;
        int index = 0;
        ulong pageBase = s->Rip & ~0xFFFUL;
        while (true)
        {
            s->PageBase = pageBase;
            s->BlockRip = s->PageBase + (translation->Block->Physical & 0xFFF);
            s->EventsWaiting = (s->SystemFlags & Rflags.IF) == 0 && HasWaitingEvent ? 1 : 0;
            s->JumpSalt = _contexts.Current.Jumps.For(s->Mode);
            index = _comparison!.Run(translation, index);
            if (index == TierComparison.ByWay)
            {
                op = null;
                return Status.Branch;
            }

            if (_comparison.IsSplit)
            {
                translation = NoteSplit(translation);
            }

            int status = InterpretLeft(s, translation, ref index, out op);
            if (status != Status.Next)
            {
                return status;
            }
        }
    }
}
