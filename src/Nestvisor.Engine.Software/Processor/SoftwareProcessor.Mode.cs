using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>What is derived from control registers and segments.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _singleStepArmed;

    /// <summary>Derives the mode word, masks and segment bases, and selects the inline tables.</summary>
    public void UpdateMode()
    {
        VpState* s = State;
        bool longMode = (s->Efer & Efer.LMA) != 0;
        bool code64 = longMode && s->Cs.Long;
        uint mode = code64 ? 2u : s->Cs.Big ? 1u : 0u;
        bool real = (s->Cr0 & Cr0.PE) == 0;
        bool virtual8086 = (s->SystemFlags & Rflags.VM) != 0;
        mode |= (uint)s->Cpl << BlockMode.CplShift;
        mode |= longMode ? BlockMode.LongMode : 0;
        mode |= real ? BlockMode.RealMode : 0;
        mode |= virtual8086 ? BlockMode.Virtual8086 : 0;
        mode |= (s->Cr0 & Cr0.TS) != 0 ? BlockMode.TaskSwitched : 0;
        mode |= (s->Cr0 & Cr0.EM) != 0 ? BlockMode.EmulateFpu : 0;
        mode |= (s->Cr0 & Cr0.MP) != 0 ? BlockMode.MonitorFpu : 0;
        mode |= (s->Cr4 & Cr4.OSFXSR) != 0 ? BlockMode.SseEnabled : 0;
        mode |= (s->Cr4 & Cr4.OSXSAVE) != 0 ? BlockMode.OsXsave : 0;
        mode |= (s->Cr4 & Cr4.OSXSAVE) != 0 && (s->Xcr0 & 6) == 6 ? BlockMode.AvxEnabled : 0;
        mode |= FloatingMode.Bits(s);
        mode |= InGuestMode ? BlockMode.GuestMode : 0;
        _singleStepArmed = (s->SystemFlags & Rflags.TF) != 0;
        bool step = _singleStepArmed || s->InterruptShadow != 0 || (s->SystemFlags & Rflags.RF) != 0 || CodeBreakpointsArmed || DataBreakpointsArmed
            || _recordBranches || _stepsLeft != 0;
        mode |= step ? BlockMode.SingleStep : 0;
        if (code64)
        {
            s->SegmentBase[0] = s->SegmentBase[1] = s->SegmentBase[2] = s->SegmentBase[3] = 0;
            s->LinearMask = ulong.MaxValue;
            s->RipMask = ulong.MaxValue;
            s->StackMask = ulong.MaxValue;
        }
        else
        {
            s->SegmentBase[0] = s->Es.Base;
            s->SegmentBase[1] = s->Cs.Base;
            s->SegmentBase[2] = s->Ss.Base;
            s->SegmentBase[3] = s->Ds.Base;
            s->LinearMask = uint.MaxValue;

            // EIP has 32 bits in 16-bit code too: what ends it there is the limit of CS, and 16-bit branches cut their targets.
            s->RipMask = uint.MaxValue;
            s->StackMask = s->Ss.Big ? uint.MaxValue : 0xFFFF;
            if (real || virtual8086 || !IsFlat(s))
            {
                mode |= BlockMode.Segmented;
            }
            else
            {
                mode |= IsFlatData(s->Fs) ? 0 : BlockMode.FsSegmented;
                mode |= IsFlatData(s->Gs) ? 0 : BlockMode.GsSegmented;
            }
        }

        s->SegmentBase[4] = s->Fs.Base;
        s->SegmentBase[5] = s->Gs.Base;
        s->Mode = mode;
        SelectTables();
    }

    /// <summary>Sets CR0 as it is, with what follows from a change of paging or of its rights.</summary>
    public void SetCr0(ulong value)
    {
        VpState* s = State;
        ulong changed = s->Cr0 ^ value;
        s->Cr0 = value;
        if ((changed & Cr0.PG) != 0 && (s->Efer & Efer.LME) != 0)
        {
            s->Efer = (value & Cr0.PG) != 0 ? s->Efer | Efer.LMA : s->Efer & ~Efer.LMA;
        }

        if ((changed & (Cr0.PG | Cr0.WP | Cr0.PE)) != 0)
        {
            _contexts.FlushAsid(CurrentAsid, keepGlobal: false);
        }
    }

    /// <summary>Sets CR4 as it is, with the flushes that its bits call for.</summary>
    public void SetCr4(ulong value)
    {
        VpState* s = State;
        ulong changed = s->Cr4 ^ value;
        s->Cr4 = value;
        if ((changed & (Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.PCIDE | Cr4.SMEP | Cr4.SMAP | Cr4.LA57 | Cr4.PKE | Cr4.PKS)) != 0)
        {
            _contexts.FlushAsid(CurrentAsid, keepGlobal: false);
        }

        if ((changed & (Cr4.PCIDE | Cr4.PKE | Cr4.PKS)) != 0)
        {
            SelectContext();
        }
    }

    /// <summary>Sets CR3; flushes what is not global of its PCID unless told to keep it.</summary>
    public void SetCr3(ulong value, bool keep)
    {
        VpState* s = State;
        s->Cr3 = value;
        SelectContext();
        if (!keep)
        {
            _contexts.FlushPcid(CurrentAsid, _contexts.Current.Pcid);
        }
    }

    // Whether legacy code can run without limit and type checks, and its offsets are linear addresses.
    private static bool IsFlat(VpState* s) =>
        (s->Cs.Base | s->Ss.Base | s->Ds.Base | s->Es.Base) == 0 && s->Ss.Big && IsFlatData(s->Ss) && IsFlatData(s->Ds) && IsFlatData(s->Es)
        && s->Cs is { IsCode: true, WritableOrReadable: true, Present: true, Limit: uint.MaxValue };

    // Writable, and not expand-down: a base is no matter.
    private static bool IsFlatData(in SegmentRegister segment) =>
        segment is { Limit: uint.MaxValue, Present: true } && (segment.Attributes & 0x1E) == 0x12;
}
