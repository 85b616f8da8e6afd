using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Delivery of exceptions and interrupts through the IDT (AMD APM vol. 2 §8).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _softwareException;
    private ulong? _faultRip;

    /// <summary>Exceptions delivered.</summary>
    public long ExceptionCount { get; private set; }

    /// <summary>
    /// The event that is being delivered, in the form of EXITINTINFO (AMD APM vol. 2 §15.7.2): what a #VMEXIT in the middle of
    /// a delivery reports. 0 between deliveries.
    /// </summary>
    public ulong EventInDelivery { get; set; }

    /// <summary>Delivers what a handler has raised.</summary>
    public void DeliverException()
    {
        PendingException exception = State->Exception;
        if (exception.Vector == PendingException.NestedPageFault)
        {
            ExitNestedPageFault(exception);
            return;
        }

        ExceptionCount++;
        DeliverEvent(EventKind.Exception, exception.Vector, exception.HasErrorCode, exception.ErrorCode);
    }

    /// <summary>Delivers an event; exceptions on the way become others, double faults or shutdown.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="vector">Its vector.</param>
    /// <param name="hasErrorCode">Whether an error code is pushed.</param>
    /// <param name="errorCode">The error code.</param>
    /// <param name="injected">
    /// VMRUN injects it: it is not intercepted itself, and its addresses are where L1 has put them (AMD APM vol. 2 §15.20).
    /// </param>
    public void DeliverEvent(EventKind kind, byte vector, bool hasErrorCode, ulong errorCode, bool injected = false)
    {
        VpState* s = State;
        bool first = true;
        while (true)
        {
            bool own = kind == EventKind.Exception && !(injected && first);
            if (own && ExitOnException(vector, hasErrorCode, errorCode))
            {
                EventInDelivery = 0;
                return;
            }

            if (own)
            {
                ApplyPayload(s, vector);
            }

            EventInDelivery = vector | ((ulong)kind << 8) | (hasErrorCode ? 1UL << 11 : 0) | (1UL << 31) | (errorCode << 32);
            ulong? faultRip = _faultRip;
            _faultRip = null;
            int status = DeliverThroughIdt(kind, vector, hasErrorCode, (uint)errorCode, external: kind is not EventKind.SoftwareInterrupt || !first);
            if (status != Status.Exception)
            {
                EventInDelivery = 0;
                UpdateMode();
                return;
            }

            s->Rip = faultRip ?? s->Rip;
            if (s->Exception.Vector == PendingException.NestedPageFault)
            {
                ExitNestedPageFault(s->Exception);
                EventInDelivery = 0;
                return;
            }

            // The intercept of the second fault comes before it is combined with the first (AMD APM vol. 2 §15.12).
            if (ExitOnException(s->Exception.Vector, s->Exception.HasErrorCode, s->Exception.ErrorCode))
            {
                EventInDelivery = 0;
                return;
            }

            if (!Combine(kind, vector, ref s->Exception))
            {
                EventInDelivery = 0;
                EnterShutdown();
                return;
            }

            kind = EventKind.Exception;
            vector = s->Exception.Vector;
            hasErrorCode = s->Exception.HasErrorCode;
            errorCode = s->Exception.ErrorCode;
            first = false;
        }
    }

    // Intel SDM vol. 3 table 6-5: a second fault while a first is delivered. False: shutdown.
    private static bool Combine(EventKind kind, byte first, ref PendingException second)
    {
        if (kind != EventKind.Exception)
        {
            return true;
        }

        if (first == (byte)ExceptionVector.DoubleFault)
        {
            return false;
        }

        bool doubled = (Contributory(first) && Contributory(second.Vector))
            || (first == (byte)ExceptionVector.PageFault
                && (Contributory(second.Vector) || second.Vector == (byte)ExceptionVector.PageFault));
        if (doubled)
        {
            second = new PendingException { Vector = (byte)ExceptionVector.DoubleFault, HasErrorCode = true };
        }

        return true;
    }

    private static bool Contributory(byte vector) => vector is 0 or 10 or 11 or 12 or 13;

    private static void ApplyPayload(VpState* s, byte vector)
    {
        if (vector == (byte)ExceptionVector.PageFault)
        {
            s->Cr2 = s->Exception.Payload;
        }
        else if (vector == (byte)ExceptionVector.Debug)
        {
            s->Dr[6] = (s->Dr[6] & ~0xFUL) | 0xFFFF_0FF0 | s->Exception.Payload;
            s->Dr[7] &= ~(1UL << 13);
        }
    }

    private void EnterShutdown()
    {
        if (!ExitOnShutdown())
        {
            _shutdown = true;
            Activity = Virtualization.ProcessorActivity.Shutdown;
        }
    }

    private int DeliverThroughIdt(EventKind kind, byte vector, bool hasErrorCode, uint errorCode, bool external)
    {
        VpState* s = State;
        if ((s->Cr0 & Cr0.PE) == 0)
        {
            return DeliverReal(vector);
        }

        bool wide = (s->Efer & Efer.LMA) != 0;
        uint size = wide ? 16u : 8u;
        uint ext = external && kind != EventKind.SoftwareInterrupt ? 1u : 0u;

        // INT3 and INTO are exceptions whose gate is checked as for INT n.
        bool software = kind == EventKind.SoftwareInterrupt || _softwareException;
        _softwareException = false;
        uint gateCode = (vector * 8u) + 2 + (software ? 0 : ext);
        if ((vector * size) + size - 1 > s->IdtrLimit)
        {
            return Fault.GeneralProtection(s, gateCode);
        }

        ulong* words = stackalloc ulong[2];
        words[1] = 0;
        int status = ReadSystem(s->IdtrBase + (vector * size), words, (int)size);
        if (status != Status.Next)
        {
            return status;
        }

        Descriptor gate = new(words[0], words[1]);
        bool typeFits = !gate.CodeOrData && (wide ? gate.Type is 0xE or 0xF : gate.Type is 0x5 or 0x6 or 0x7 or 0xE or 0xF);
        if (!typeFits || (software && gate.Dpl < s->Cpl))
        {
            return Fault.GeneralProtection(s, gateCode);
        }

        if (!gate.Present)
        {
            return Fault.SegmentNotPresent(s, gateCode);
        }

        if (gate.Type == 0x5)
        {
            return TaskGate(gate.GateSelector, hasErrorCode, errorCode, ext);
        }

        return DeliverProtected(kind, vector, gate, hasErrorCode, errorCode, software ? 0 : ext);
    }

    private int DeliverProtected(EventKind kind, byte vector, Descriptor gate, bool hasErrorCode, uint errorCode, uint ext)
    {
        VpState* s = State;
        bool wide = (s->Efer & Efer.LMA) != 0;
        ushort selector = gate.GateSelector;
        if ((selector & 0xFFFC) == 0)
        {
            return Fault.GeneralProtection(s, ext);
        }

        int status = DescriptorTables.Read(this, selector, wide: false, (int)ExceptionVector.GeneralProtection, out Descriptor code);
        if (status != Status.Next)
        {
            s->Exception.ErrorCode |= s->Exception.Vector == (byte)ExceptionVector.GeneralProtection ? ext : 0;
            return status;
        }

        uint selectorCode = (selector & 0xFFFCu) | ext;
        if (!code.IsCode || code.Dpl > s->Cpl || (wide && (!code.Long || code.Big)))
        {
            return Fault.GeneralProtection(s, selectorCode);
        }

        if (!code.Present)
        {
            return Fault.SegmentNotPresent(s, selectorCode);
        }

        int privilege = code.Conforming ? s->Cpl : code.Dpl;
        bool virtual8086 = (s->SystemFlags & Rflags.VM) != 0;
        if (virtual8086 && privilege != 0)
        {
            return Fault.GeneralProtection(s, selectorCode);
        }

        return wide
            ? PushLongFrame(kind, vector, gate, code, privilege, hasErrorCode, errorCode)
            : PushLegacyFrame(kind, vector, gate, code, privilege, hasErrorCode, errorCode, ext);
    }

    private ulong FlagsToPush(EventKind kind, byte vector)
    {
        ulong flags = LazyFlags.Read(State);

        // Faults restart their instruction, so its breakpoint must not hit again; traps do not.
        bool fault = kind == EventKind.Exception && !State->Exception.IsTrap
            && vector is not ((byte)ExceptionVector.Breakpoint or (byte)ExceptionVector.Overflow or (byte)ExceptionVector.Debug);
        return fault ? flags | Rflags.RF : flags;
    }

    private int PushLongFrame(EventKind kind, byte vector, Descriptor gate, Descriptor code, int privilege, bool hasErrorCode, uint errorCode)
    {
        VpState* s = State;
        ulong rsp = s->Gpr[4];
        bool inner = privilege < s->Cpl;
        if (gate.GateIst != 0 || inner)
        {
            uint offset = gate.GateIst != 0 ? 0x24u + ((uint)(gate.GateIst - 1) * 8) : 4u + ((uint)privilege * 8);
            if (offset + 7 > s->Tr.Limit)
            {
                return Fault.InvalidTss(s, s->Tr.Selector & 0xFFFCu);
            }

            int read = ReadSystem(s->Tr.Base + offset, &rsp, 8);
            if (read != Status.Next)
            {
                return read;
            }

            if (!CpuLimits.IsCanonical(rsp))
            {
                return Fault.StackFault(s, 0);
            }
        }

        rsp &= ~0xFUL;
        ulong* frame = stackalloc ulong[6];
        int words = hasErrorCode ? 6 : 5;
        int at = 0;
        if (hasErrorCode)
        {
            frame[at++] = errorCode;
        }

        frame[at++] = s->Rip;
        frame[at++] = s->Cs.Selector;
        frame[at++] = FlagsToPush(kind, vector);
        frame[at++] = s->Gpr[4];
        frame[at] = s->Ss.Selector;
        if (!CpuLimits.IsCanonical(rsp - 1) || !CpuLimits.IsCanonical(rsp - ((ulong)words * 8)))
        {
            return Fault.StackFault(s, 0);
        }

        if (!CpuLimits.IsCanonical(gate.GateOffset64))
        {
            return Fault.GeneralProtection(s, 0);
        }

        rsp -= (ulong)words * 8;
        int status = WriteStack(privilege, rsp, frame, words * 8);
        if (status == Status.Next)
        {
            status = DescriptorTables.SetAccessed(this, gate.GateSelector, ref code);
        }

        if (status != Status.Next)
        {
            return status;
        }

        if (inner)
        {
            s->Ss = new SegmentRegister { Selector = (ushort)privilege, Attributes = (ushort)(0x93 | (privilege << 5) | 0xC00), Limit = uint.MaxValue };
        }

        EnterHandler(gate, code, privilege, rsp, gate.GateOffset64);
        return Status.Next;
    }

    private void EnterHandler(Descriptor gate, Descriptor code, int privilege, ulong rsp, ulong rip)
    {
        VpState* s = State;
        s->Gpr[4] = rsp;
        s->Cs = code.ToRegister((ushort)((gate.GateSelector & 0xFFFC) | privilege));
        s->Rip = rip;
        s->Cpl = privilege;
        s->SystemFlags &= ~(Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM);
        if ((gate.Type & 1) == 0)
        {
            s->SystemFlags &= ~Rflags.IF;
        }

        s->InterruptShadow = 0;
    }
}
