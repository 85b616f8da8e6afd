using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>VMRUN (AMD APM vol. 2 §15.5).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ulong PagingCr0 = Cr0.PG | Cr0.WP;
    private const ulong PagingCr4 = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.PCIDE | Cr4.SMEP;
    private const ulong PagingEfer = Efer.LMA | Efer.NXE;
    private readonly PagingSignature[] _signatures = new PagingSignature[64];

    /// <summary>Enters the guest that a control block describes.</summary>
    /// <param name="address">L1's physical address of the control block.</param>
    /// <param name="next">RIP of the instruction after VMRUN.</param>
    public int Vmrun(ulong address, ulong next)
    {
        VpState* s = State;
        WorldSwitches++;
        _vmcbAddress = address;
        _vmcb.Load(Memory, address);
        s->InterruptShadow = 0;
        ulong validEfer = EferSettable | Efer.LMA | Efer.SVME;
        if (!VmcbChecks.Pass(_vmcb, Cr4Valid, validEfer, (s->Cr0 & Cr0.PG) != 0))
        {
            s->Rip = next;
            bool step = _singleStepArmed;
            RefuseEntry();
            TrapAfterVmrun(s, step);
            return Status.Switched;
        }

        SaveHost(s, next);
        LoadGuest(s);
        FlushForEntry(s);
        ResetPauseFilter();
        SelectContext();
        UpdateBreakpoints();
        UpdateMode();
        ulong injection = _vmcb.UInt64(VmcbOffsets.EventInjection);
        if ((injection & SvmEvent.Valid) != 0)
        {
            Inject(s, injection);
        }

        Volatile.Write(ref s->Attention, 1);
        return Status.Switched;
    }

    // #VMEXIT(INVALID): the host's state was not touched yet.
    private void RefuseEntry()
    {
        CountExit(SvmExitCode.Invalid);
        _vmcb.UInt64(VmcbOffsets.ExitCode) = unchecked((ulong)(long)SvmExitCode.Invalid);
        _vmcb.UInt64(VmcbOffsets.ExitInfo1) = 0;
        _vmcb.UInt64(VmcbOffsets.ExitInfo2) = 0;
        _vmcb.UInt64(VmcbOffsets.ExitIntInfo) = 0;
        if (Memory.IsRam(_vmcbAddress, VmcbOffsets.Bytes))
        {
            // SAFETY: IsRam has checked the page.
            _vmcb.Store(Memory.Base + _vmcbAddress, VmcbOffsets.ExitCode, 0x20);
            Memory.NoteWritten(_vmcbAddress, VmcbOffsets.Bytes);
        }

        _gif = false;
    }

    private void SaveHost(VpState* s, ulong next)
    {
        _host.Es = s->Es;
        _host.Cs = s->Cs;
        _host.Ss = s->Ss;
        _host.Ds = s->Ds;
        _host.GdtrBase = s->GdtrBase;
        _host.GdtrLimit = s->GdtrLimit;
        _host.IdtrBase = s->IdtrBase;
        _host.IdtrLimit = s->IdtrLimit;
        _host.Efer = s->Efer;
        _host.Cr0 = s->Cr0;
        _host.Cr3 = s->Cr3;
        _host.Cr4 = s->Cr4;
        _host.Rflags = LazyFlags.Read(s);
        _host.Rip = next;
        _host.Rsp = s->Gpr[4];
        _host.Rax = s->Gpr[0];
        _host.SingleStep = _singleStepArmed ? 1UL : 0;
    }

    private void LoadGuest(VpState* s)
    {
        Vmcb v = _vmcb;
        _inGuestMode = true;
        _gif = true;
        _asid = v.UInt32(VmcbOffsets.GuestAsid);
        _nestedPaging = (v.UInt64(VmcbOffsets.NestedControl) & 1) != 0;
        ulong cr0 = (v.UInt64(VmcbOffsets.Cr0) & Cr0.Defined) | Cr0.ET;
        ulong efer = v.UInt64(VmcbOffsets.Efer) & ~Efer.LMA;
        s->Cr0 = cr0;
        s->Cr2 = v.UInt64(VmcbOffsets.Cr2);
        s->Cr3 = v.UInt64(VmcbOffsets.Cr3);
        s->Cr4 = v.UInt64(VmcbOffsets.Cr4);
        s->Efer = efer | ((cr0 & Cr0.PG) != 0 && (efer & Efer.LME) != 0 ? Efer.LMA : 0);
        s->Es = v.Segment(VmcbOffsets.Es);
        s->Cs = v.Segment(VmcbOffsets.Cs);
        s->Ss = v.Segment(VmcbOffsets.Ss);
        s->Ds = v.Segment(VmcbOffsets.Ds);
        s->GdtrBase = Vmcb.Canonical(v.UInt64(VmcbOffsets.Gdtr + VmcbOffsets.SegmentBase));
        s->GdtrLimit = v.UInt32(VmcbOffsets.Gdtr + VmcbOffsets.SegmentLimit) & 0xFFFF;
        s->IdtrBase = Vmcb.Canonical(v.UInt64(VmcbOffsets.Idtr + VmcbOffsets.SegmentBase));
        s->IdtrLimit = v.UInt32(VmcbOffsets.Idtr + VmcbOffsets.SegmentLimit) & 0xFFFF;
        s->Dr[6] = (v.UInt64(VmcbOffsets.Dr6) & 0xE00F) | 0xFFFF_0FF0;
        s->Dr[7] = (v.UInt64(VmcbOffsets.Dr7) & 0xFFFF_2BFF) | 0x400;
        LazyFlags.Write(s, v.UInt64(VmcbOffsets.Rflags) & Rflags.Defined);
        s->Rip = v.UInt64(VmcbOffsets.Rip);
        s->Gpr[4] = v.UInt64(VmcbOffsets.Rsp);
        s->Gpr[0] = v.UInt64(VmcbOffsets.Rax);
        s->Cpl = (cr0 & Cr0.PE) == 0 ? 0 : (s->SystemFlags & Rflags.VM) != 0 ? 3 : v.UInt8(VmcbOffsets.Cpl) & 3;
        s->InterruptShadow = (v.UInt64(VmcbOffsets.InterruptShadow) & 1) != 0 ? ShadowSti : (byte)0;
        if (_nestedPaging)
        {
            _host.Pat = Pat;
            Pat = v.UInt64(VmcbOffsets.GPat);
        }

        if ((v.UInt64(VmcbOffsets.VirtualExtensions) & VirtualExtensions.Lbr) != 0)
        {
            LoadLastBranches();
        }
    }

    // Inline entries know the paging mode that they were made in; a guest that comes back in another one starts afresh.
    private void FlushForEntry(VpState* s)
    {
        switch (_vmcb.UInt8(VmcbOffsets.TlbControl))
        {
            case TlbControl.FlushAll:
                _contexts.FlushEverything();
                _nestedTlb.Flush();
                break;
            case TlbControl.FlushGuest:
                _contexts.FlushAsid(_asid, keepGlobal: false);
                _nestedTlb.Flush();
                break;
            case TlbControl.FlushGuestNonGlobal:
                _contexts.FlushAsid(_asid, keepGlobal: true);
                _nestedTlb.Flush();
                break;
        }

        PagingSignature now = CurrentSignature(s);
        ref PagingSignature last = ref _signatures[_asid % (uint)_signatures.Length];
        if (last != now)
        {
            _contexts.FlushAsid(_asid, keepGlobal: false);
            _nestedTlb.Flush();
            last = now;
        }
    }

    private PagingSignature CurrentSignature(VpState* s) => new(
        _asid,
        _nestedPaging ? _vmcb.UInt64(VmcbOffsets.NestedCr3) : ulong.MaxValue,
        (s->Cr0 & PagingCr0) | ((s->Cr4 & PagingCr4) << 32) | ((s->Efer & PagingEfer) << 40),
        _nestedPaging ? (_host.Efer & PagingEfer) | (_host.Cr4 & (Cr4.PAE | Cr4.PSE)) : 0);

    // Injected events are not intercepted themselves, and leave CR2 and DR6 to who injects (§15.20).
    private void Inject(VpState* s, ulong injection)
    {
        EventKind kind = (EventKind)((injection >> 8) & 7);
        byte vector = kind == EventKind.Nmi ? (byte)ExceptionVector.NonMaskable : (byte)injection;
        bool software = kind == EventKind.SoftwareInterrupt
            || (kind == EventKind.Exception && vector is (byte)ExceptionVector.Breakpoint or (byte)ExceptionVector.Overflow);
        if (software)
        {
            // nRIP is the return address of instructions that raise events.
            s->Rip = _vmcb.UInt64(VmcbOffsets.NextRip);
        }

        if (kind == EventKind.Nmi)
        {
            if (_vmcb.Virtual(VirtualInterrupt.NmiEnable))
            {
                _vmcb.UInt64(VmcbOffsets.VirtualInterrupt) |= VirtualInterrupt.NmiMask;
            }
            else if (!NmiBlocked)
            {
                NmiBlocked = true;
                _nmiInjected = true;
            }
        }

        _vmcb.UInt64(VmcbOffsets.EventInjection) = injection & ~SvmEvent.Valid;
        bool hasErrorCode = kind == EventKind.Exception && (injection & SvmEvent.ErrorCodeValid) != 0;
        s->Exception = new PendingException { Vector = vector, HasErrorCode = hasErrorCode, IsTrap = software };
        DeliverEvent(kind, vector, hasErrorCode, hasErrorCode ? injection >> SvmEvent.ErrorCodeShift : 0, injected: true);
    }

    private readonly record struct PagingSignature(uint Asid, ulong NestedRoot, ulong Guest, ulong Host);
}
