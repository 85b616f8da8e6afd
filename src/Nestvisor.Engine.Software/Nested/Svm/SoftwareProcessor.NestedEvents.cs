using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>Interrupts of both worlds: the global interrupt flag, intercepts, virtual interrupts (AMD APM vol. 2 §15.13, §15.17, §15.21).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    // Whether something waits that only the nested rules know of.
    private bool NestedEventsPending => ((_initPending || _smiPending) && _gif) || (_inGuestMode && VirtualEventOpen(State));

    private bool HoldsInit => !_gif;

    private bool VirtualGif => !_vmcb.Virtual(VirtualInterrupt.GifEnable) || _vmcb.Virtual(VirtualInterrupt.Gif);

    /// <summary>STGI and CLGI of the running world (§15.17, §15.33.2).</summary>
    public void SetGif(bool value)
    {
        if (!_inGuestMode || !_vmcb.Virtual(VirtualInterrupt.GifEnable))
        {
            _gif = value;
            return;
        }

        ref ulong field = ref _vmcb.UInt64(VmcbOffsets.VirtualInterrupt);
        field = value ? field | VirtualInterrupt.Gif : field & ~VirtualInterrupt.Gif;
    }

    // IRET ends the blocking of virtual NMIs, where those are on (§15.21.10).
    private void UnblockVirtualNmi()
    {
        _nmiInjected = false;
        if (_inGuestMode && _vmcb.Virtual(VirtualInterrupt.NmiEnable))
        {
            _vmcb.UInt64(VmcbOffsets.VirtualInterrupt) &= ~VirtualInterrupt.NmiMask;
        }
    }

    // Returns true if the nested rules have decided; else the ordinary ones do.
    private bool HandleNestedEvents(out bool taken)
    {
        VpState* s = State;
        taken = false;
        if (!_gif)
        {
            return true;
        }

        if (_initPending)
        {
            // The processor may wait for a start-up IPI now: that is no event that wakes it.
            TakeInit();
            return true;
        }

        if (_smiPending && TakeSmi())
        {
            taken = true;
            return true;
        }

        if (!_inGuestMode)
        {
            return false;
        }

        taken = TakeNmiInGuest(s) || TakeInterruptInGuest(s) || TakeVirtualEvent(s);
        return true;
    }

    // An intercepted SMI exits and stays pending for L1, where there is no mode to enter: it ends there.
    private bool TakeSmi()
    {
        if (_inGuestMode && _vmcb.Intercepts(SvmIntercept.Smi))
        {
            ExitEvent(SvmExitCode.Smi);
            return true;
        }

        _smiPending = false;
        return false;
    }

    // An intercepted NMI stays pending for L1, and neither shadow nor blocking holds it off.
    private bool TakeNmiInGuest(VpState* s)
    {
        if (_nmiPending == 0)
        {
            return false;
        }

        if (_vmcb.Intercepts(SvmIntercept.Nmi))
        {
            ExitEvent(SvmExitCode.Nmi);
            return true;
        }

        if (NmiBlocked || Shadowed(s))
        {
            return false;
        }

        _nmiPending--;
        TakeNmi();
        return true;
    }

    // With V_INTR_MASKING it is L1's IF that counts for physical interrupts.
    private bool TakeInterruptInGuest(VpState* s)
    {
        ulong flags = _vmcb.Virtual(VirtualInterrupt.IntrMasking) ? _host.Rflags : s->SystemFlags;
        if ((flags & Rflags.IF) == 0 || !(Apic.HasPendingInterrupt || Apic.HasExternalInterrupt))
        {
            return false;
        }

        if (_vmcb.Intercepts(SvmIntercept.Intr))
        {
            ExitEvent(SvmExitCode.Intr);
            return true;
        }

        return !Shadowed(s) && TakeInterrupt();
    }

    private bool TakeVirtualEvent(VpState* s)
    {
        if (!VirtualEventOpen(s))
        {
            return false;
        }

        ref ulong field = ref _vmcb.UInt64(VmcbOffsets.VirtualInterrupt);
        if (VirtualNmiOpen(s))
        {
            field = (field & ~VirtualInterrupt.Nmi) | VirtualInterrupt.NmiMask;
            DeliverEvent(EventKind.Nmi, (byte)ExceptionVector.NonMaskable, hasErrorCode: false, 0);
            return true;
        }

        if (_vmcb.Intercepts(SvmIntercept.VIntr))
        {
            ExitEvent(SvmExitCode.VIntr);
            return true;
        }

        byte vector = (byte)(field >> VirtualInterrupt.VectorShift);
        field &= ~VirtualInterrupt.Irq;
        InterruptCount++;
        DeliverEvent(EventKind.Interrupt, vector, hasErrorCode: false, 0);
        return true;
    }

    private bool VirtualEventOpen(VpState* s) => VirtualNmiOpen(s) || VirtualInterruptOpen(s);

    private bool VirtualNmiOpen(VpState* s) =>
        _vmcb.Virtual(VirtualInterrupt.NmiEnable | VirtualInterrupt.Nmi)
        && !_vmcb.Virtual(VirtualInterrupt.NmiMask)
        && VirtualGif
        && !Shadowed(s);

    private bool VirtualInterruptOpen(VpState* s)
    {
        ulong field = _vmcb.UInt64(VmcbOffsets.VirtualInterrupt);
        if ((field & VirtualInterrupt.Irq) == 0 || (s->SystemFlags & Rflags.IF) == 0 || Shadowed(s) || !VirtualGif)
        {
            return false;
        }

        ulong priority = (field & VirtualInterrupt.PriorityMask) >> VirtualInterrupt.PriorityShift;
        return (field & VirtualInterrupt.IgnoreTpr) != 0 || priority > (field & 0xF);
    }

    private static bool Shadowed(VpState* s) => (s->InterruptShadow & ~ShadowNew) != 0;

    // INIT in the guest exits if L1 wants it so, and stays pending until L1's GIF is set (§15.13.4); with VM_CR.R_INIT it is #SX.
    private bool InterceptsInit()
    {
        if (_inGuestMode && _vmcb.Intercepts(SvmIntercept.Init))
        {
            _initPending = true;
            ExitEvent(SvmExitCode.Init);
            return true;
        }

        if ((_vmCr & VmCr.R_INIT) != 0)
        {
            const ulong InitRedirected = 1;
            Fault.RaiseWithCode(State, (int)ExceptionVector.Security, InitRedirected);
            DeliverException();
            return true;
        }

        LeaveGuestMode();
        return false;
    }

    private bool ExitOnException(byte vector, bool hasErrorCode, ulong errorCode)
    {
        if (!_inGuestMode || !_vmcb.InterceptsException(vector))
        {
            return false;
        }

        VpState* s = State;
        SvmExitCode code = (SvmExitCode)((int)SvmExitCode.Exception0 + vector);
        ulong info1 = hasErrorCode ? errorCode : 0;
        if (vector == (byte)ExceptionVector.PageFault)
        {
            // CR2 keeps its value; the address is in EXITINFO2 (§15.12.15).
            ExitMemory(code, info1, s->Exception.Payload);
            return true;
        }

        if (vector == (byte)ExceptionVector.Debug)
        {
            // DR6 and DR7 are as the handler would see them (§15.12.2).
            ApplyPayload(s, vector);
        }

        ExitEvent(code, info1);
        return true;
    }

    private bool ExitOnShutdown()
    {
        if (!_inGuestMode || !_vmcb.Intercepts(SvmIntercept.Shutdown))
        {
            return false;
        }

        EventInDelivery = 0;
        ExitEvent(SvmExitCode.Shutdown);
        return true;
    }

    private void ExitNestedPageFault(in PendingException exception) =>
        ExitMemory(SvmExitCode.Npf, exception.ErrorCode, exception.Payload);
}
