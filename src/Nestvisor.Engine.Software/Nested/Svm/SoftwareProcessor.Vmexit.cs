using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Privileged;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>#VMEXIT (AMD APM vol. 2 §15.6, §15.7).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const int LongestInstruction = 15;

    /// <summary>Leaves the guest because of an instruction, before it has done anything.</summary>
    public int ExitInstruction(VpState* s, Op* o, SvmExitCode code, ulong info1, ulong info2)
    {
        s->Rip = SystemOp.Rip(s, o);
        _vmcb.UInt64(VmcbOffsets.NextRip) = SystemOp.NextRip(s, o);
        _vmcb.UInt8(VmcbOffsets.FetchedBytes) = 0;
        Exit(code, info1, info2);
        return Status.Switched;
    }

    // Leaves the guest because of an event; RIP is exact.
    private void ExitEvent(SvmExitCode code, ulong info1 = 0, ulong info2 = 0)
    {
        _vmcb.UInt64(VmcbOffsets.NextRip) = 0;
        _vmcb.UInt8(VmcbOffsets.FetchedBytes) = 0;
        Exit(code, info1, info2);
    }

    // #PF and data #NPF come with the bytes of the instruction, as far as they can be fetched (§15.8.4).
    private void ExitMemory(SvmExitCode code, ulong info1, ulong info2)
    {
        VpState* s = State;
        _vmcb.UInt64(VmcbOffsets.NextRip) = 0;
        ref byte count = ref _vmcb.UInt8(VmcbOffsets.FetchedBytes);
        count = 0;
        if ((info1 & PageFaultError.ID) == 0)
        {
            ulong linear = (s->Rip + s->SegmentBase[1]) & s->LinearMask;
            int length = LongestInstruction;
            while (length != 0 && Translate(linear, AccessKind.Fetch, out ulong physical) == Status.Next)
            {
                int piece = (int)Math.Min((ulong)length, 4096 - (linear & 0xFFF));
                if (!Memory.TryRead(physical, _vmcb.Image.Slice(VmcbOffsets.InstructionBytes + count, piece)))
                {
                    break;
                }

                count += (byte)piece;
                length -= piece;
                linear = (linear + (ulong)piece) & s->LinearMask;
            }
        }

        Exit(code, info1, info2);
    }

    private void Exit(SvmExitCode code, ulong info1, ulong info2)
    {
        VpState* s = State;
        Vmcb v = _vmcb;
        CountExit(code);
        v.UInt64(VmcbOffsets.ExitCode) = (ulong)(long)code;
        v.UInt64(VmcbOffsets.ExitInfo1) = info1;
        v.UInt64(VmcbOffsets.ExitInfo2) = info2;
        v.UInt64(VmcbOffsets.ExitIntInfo) = EventInDelivery;
        EventInDelivery = 0;
        v.UInt64(VmcbOffsets.EventInjection) &= ~SvmEvent.Valid;
        ref ulong shadow = ref v.UInt64(VmcbOffsets.InterruptShadow);
        shadow = (shadow & ~3UL) | (s->InterruptShadow != 0 ? 1UL : 0);
        SaveGuest(s);
        StoreGuest();
        LoadHost(s);
    }

    private void SaveGuest(VpState* s)
    {
        Vmcb v = _vmcb;
        v.SetSegment(VmcbOffsets.Es, s->Es);
        v.SetSegment(VmcbOffsets.Cs, s->Cs);
        v.SetSegment(VmcbOffsets.Ss, s->Ss);
        v.SetSegment(VmcbOffsets.Ds, s->Ds);
        v.UInt64(VmcbOffsets.Gdtr + VmcbOffsets.SegmentBase) = s->GdtrBase;
        v.UInt32(VmcbOffsets.Gdtr + VmcbOffsets.SegmentLimit) = s->GdtrLimit;
        v.UInt64(VmcbOffsets.Idtr + VmcbOffsets.SegmentBase) = s->IdtrBase;
        v.UInt32(VmcbOffsets.Idtr + VmcbOffsets.SegmentLimit) = s->IdtrLimit;
        v.UInt8(VmcbOffsets.Cpl) = (byte)s->Cpl;
        v.UInt64(VmcbOffsets.Efer) = s->Efer;
        v.UInt64(VmcbOffsets.Cr0) = s->Cr0;
        v.UInt64(VmcbOffsets.Cr2) = s->Cr2;
        v.UInt64(VmcbOffsets.Cr3) = s->Cr3;
        v.UInt64(VmcbOffsets.Cr4) = s->Cr4;
        v.UInt64(VmcbOffsets.Dr6) = s->Dr[6];
        v.UInt64(VmcbOffsets.Dr7) = s->Dr[7];
        v.UInt64(VmcbOffsets.Rflags) = LazyFlags.Read(s);
        v.UInt64(VmcbOffsets.Rip) = s->Rip;
        v.UInt64(VmcbOffsets.Rsp) = s->Gpr[4];
        v.UInt64(VmcbOffsets.Rax) = s->Gpr[0];
        if (_nestedPaging)
        {
            v.UInt64(VmcbOffsets.GPat) = Pat;
            Pat = _host.Pat;
        }

        if ((v.UInt64(VmcbOffsets.VirtualExtensions) & VirtualExtensions.Lbr) != 0)
        {
            SaveLastBranches();
        }

        // The guest may have changed its paging mode itself, and flushed what that flushes.
        _signatures[_asid % (uint)_signatures.Length] = CurrentSignature(s);
    }

    // Only what the processor writes; the rest of the control block is L1's, which may be changing it right now.
    private void StoreGuest()
    {
        if (!Memory.IsRam(_vmcbAddress, VmcbOffsets.Bytes))
        {
            return;
        }

        // SAFETY: IsRam has checked the page.
        byte* page = Memory.Base + _vmcbAddress;
        Vmcb v = _vmcb;
        v.Store(page, VmcbOffsets.VirtualInterrupt, 0x10);
        v.Store(page, VmcbOffsets.ExitCode, 0x20);
        v.Store(page, VmcbOffsets.EventInjection, 8);
        v.Store(page, VmcbOffsets.NextRip, 0x18);
        v.Store(page, VmcbOffsets.Es, 0x40);
        v.Store(page, VmcbOffsets.Gdtr, 0x10);
        v.Store(page, VmcbOffsets.Idtr, 0x10);
        v.Store(page, VmcbOffsets.Cpl, 1);
        v.Store(page, VmcbOffsets.Efer, 8);
        v.Store(page, VmcbOffsets.Cr4, 0x38);
        v.Store(page, VmcbOffsets.Rsp, 8);
        v.Store(page, VmcbOffsets.Rax, 8);
        v.Store(page, VmcbOffsets.Cr2, 8);
        if (_nestedPaging)
        {
            v.Store(page, VmcbOffsets.GPat, 8);
        }

        if ((v.UInt64(VmcbOffsets.VirtualExtensions) & VirtualExtensions.Lbr) != 0)
        {
            v.Store(page, VmcbOffsets.DebugCtl, 0x28);
        }

        Memory.NoteWritten(_vmcbAddress, VmcbOffsets.Bytes);
    }

    private void LoadHost(VpState* s)
    {
        _inGuestMode = false;
        _nestedPaging = false;
        _asid = 0;
        _gif = false;
        if (_nmiInjected)
        {
            _nmiInjected = false;
            NmiBlocked = false;
        }

        s->Es = _host.Es;
        s->Cs = _host.Cs;
        s->Ss = _host.Ss;
        s->Ds = _host.Ds;
        s->GdtrBase = _host.GdtrBase;
        s->GdtrLimit = _host.GdtrLimit;
        s->IdtrBase = _host.IdtrBase;
        s->IdtrLimit = _host.IdtrLimit;
        s->Efer = _host.Efer;
        s->Cr0 = _host.Cr0 | Cr0.PE;
        s->Cr3 = _host.Cr3;
        s->Cr4 = _host.Cr4;
        s->Dr[7] = 0x400;
        LazyFlags.Write(s, _host.Rflags & ~(Rflags.VM | Rflags.RF));
        s->Rip = _host.Rip;
        s->Gpr[4] = _host.Rsp;
        s->Gpr[0] = _host.Rax;
        s->Cpl = 0;
        s->InterruptShadow = 0;
        _hits = 0;
        Activity = Virtualization.ProcessorActivity.Running;
        SelectContext();
        UpdateBreakpoints();
        UpdateMode();
        TrapAfterVmrun(s, _host.SingleStep != 0);
    }

    private void TrapAfterVmrun(VpState* s, bool step)
    {
        if (step)
        {
            s->Exception = new PendingException { Vector = (byte)ExceptionVector.Debug, IsTrap = true, Payload = SingleStepBit };
            DeliverException();
        }
    }
}
