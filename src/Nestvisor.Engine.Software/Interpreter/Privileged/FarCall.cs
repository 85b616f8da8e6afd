using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>Far JMP and CALL: to code segments, through call gates and task gates (AMD APM vol. 2 §4.11).</summary>
internal static unsafe class FarCall<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int CallGate16 = 4;
    private const int CallGate = 12;

    /// <summary>Far JMP.</summary>
    public static int Jump(VpState* s, ushort selector, ulong offset)
    {
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return RealTarget(s, selector, offset);
        }

        SoftwareProcessor p = SoftwareProcessor.Of(s);
        int status = ReadTarget(p, selector, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        if (descriptor.CodeOrData)
        {
            status = CheckCode(s, selector, descriptor, gate: false, call: false, offset);
            return status == Status.Next ? Enter(p, selector, descriptor, offset, s->Cpl) : status;
        }

        if (descriptor.Type is CallGate or CallGate16)
        {
            status = OpenGate(p, selector, descriptor, out ushort target, out ulong entry, out Descriptor code);
            if (status == Status.Next)
            {
                status = CheckCode(s, target, code, gate: true, call: false, entry);
            }

            return status == Status.Next ? Enter(p, target, code, entry, s->Cpl) : status;
        }

        return p.SwitchTask(selector, descriptor, TaskSwitchKind.Jump);
    }

    /// <summary>Far CALL that pushes return addresses of <paramref name="size"/> bytes.</summary>
    public static int Call(VpState* s, ushort selector, ulong offset, int size, ulong next)
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        bool real = SystemOp.RealMode(s) || SystemOp.Virtual8086(s);
        if (real)
        {
            int pushed = offset > s->Cs.Limit ? Fault.GeneralProtection(s, 0) : PushReturn(s, size, next);
            return pushed == Status.Next ? RealTarget(s, selector, offset) : pushed;
        }

        int status = ReadTarget(p, selector, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        if (descriptor.CodeOrData)
        {
            status = CheckCode(s, selector, descriptor, gate: false, call: true, offset);
            ulong rsp = s->Gpr[4];
            if (status == Status.Next)
            {
                status = PushReturn(s, size, next);
            }

            if (status == Status.Next)
            {
                status = Enter(p, selector, descriptor, offset, s->Cpl);
                s->Gpr[4] = status == Status.Next ? s->Gpr[4] : rsp;
            }

            return status;
        }

        if (descriptor.Type is CallGate or CallGate16)
        {
            return CallThroughGate(p, selector, descriptor, next);
        }

        return p.SwitchTask(selector, descriptor, TaskSwitchKind.Call);
    }

    private static int CallThroughGate(SoftwareProcessor p, ushort selector, Descriptor gate, ulong next)
    {
        VpState* s = p.State;
        int status = OpenGate(p, selector, gate, out ushort target, out ulong entry, out Descriptor code);
        if (status == Status.Next)
        {
            status = CheckCode(s, target, code, gate: true, call: true, entry);
        }

        if (status != Status.Next)
        {
            return status;
        }

        bool longMode = (s->Efer & Efer.LMA) != 0;
        int size = longMode ? 8 : gate.Type == CallGate ? 4 : 2;
        if (code.Conforming || code.Dpl == s->Cpl)
        {
            ulong rsp = s->Gpr[4];
            status = PushReturn(s, size, next);
            if (status == Status.Next)
            {
                status = Enter(p, target, code, entry, s->Cpl);
                s->Gpr[4] = status == Status.Next ? s->Gpr[4] : rsp;
            }

            return status;
        }

        return longMode
            ? p.CallInnerLong(target, code, entry, next)
            : p.CallInnerLegacy(target, code, entry, next, size, gate.GateParameters);
    }

    private static int ReadTarget(SoftwareProcessor p, ushort selector, out Descriptor descriptor)
    {
        descriptor = default;
        return (selector & 0xFFFC) == 0
            ? Fault.GeneralProtection(p.State, 0)
            : DescriptorTables.Read(p, selector, wide: false, (int)ExceptionVector.GeneralProtection, out descriptor);
    }

    private static int OpenGate(SoftwareProcessor p, ushort selector, Descriptor gate, out ushort target, out ulong entry, out Descriptor code)
    {
        VpState* s = p.State;
        target = gate.GateSelector;
        entry = gate.GateOffset32;
        code = default;
        uint gateCode = selector & 0xFFFCu;
        if (gate.Dpl < s->Cpl || gate.Dpl < (selector & 3))
        {
            return Fault.GeneralProtection(s, gateCode);
        }

        if (!gate.Present)
        {
            return Fault.SegmentNotPresent(s, gateCode);
        }

        if ((s->Efer & Efer.LMA) != 0)
        {
            int wide = DescriptorTables.Read(p, selector, wide: true, (int)ExceptionVector.GeneralProtection, out gate);
            if (wide != Status.Next)
            {
                return wide;
            }

            // The second half's type must be zero, and 16-bit gates do not exist.
            if (gate.Type != CallGate || ((gate.High >> 40) & 0x1F) != 0)
            {
                return Fault.GeneralProtection(s, gateCode);
            }

            entry = gate.GateOffset64;
        }
        else if (gate.Type == CallGate16)
        {
            entry &= 0xFFFF;
        }

        return ReadTarget(p, target, out code);
    }

    // The rights to a code segment, directly or through a gate.
    private static int CheckCode(VpState* s, ushort selector, Descriptor code, bool gate, bool call, ulong offset)
    {
        uint error = selector & 0xFFFCu;
        bool longMode = (s->Efer & Efer.LMA) != 0;
        bool allowed = code.IsCode;
        if (gate)
        {
            // A jump may not change the privilege; a call may go inward.
            allowed &= call || code.Conforming ? code.Dpl <= s->Cpl : code.Dpl == s->Cpl;
            allowed &= !longMode || (code.Long && !code.Big);
        }
        else
        {
            allowed &= code.Conforming ? code.Dpl <= s->Cpl : code.Dpl == s->Cpl && (selector & 3) <= s->Cpl;
            allowed &= !(longMode && code.Long && code.Big);
        }

        if (!allowed)
        {
            return Fault.GeneralProtection(s, error);
        }

        if (!code.Present)
        {
            return Fault.SegmentNotPresent(s, error);
        }

        bool reachable = longMode && code.Long ? CpuLimits.IsCanonical(offset) : offset <= code.Limit;
        return reachable ? Status.Next : Fault.GeneralProtection(s, 0);
    }

    private static int Enter(SoftwareProcessor p, ushort selector, Descriptor code, ulong offset, int privilege)
    {
        VpState* s = p.State;
        int status = DescriptorTables.SetAccessed(p, selector, ref code);
        if (status == Status.Next)
        {
            s->Cs = code.ToRegister((ushort)((selector & 0xFFFC) | privilege));
            s->Rip = offset;
        }

        return status;
    }

    private static int RealTarget(VpState* s, ushort selector, ulong offset)
    {
        if (offset > s->Cs.Limit)
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Cs.Selector = selector;
        s->Cs.Base = (ulong)selector << 4;
        s->Rip = offset;
        return Status.Next;
    }

    // CS and return address; both or none.
    private static int PushReturn(VpState* s, int size, ulong next)
    {
        byte* frame = stackalloc byte[16];
        *(ulong*)(frame + 8) = 0;
        switch (size)
        {
            case 2:
                *(ushort*)frame = (ushort)next;
                *(ushort*)(frame + 2) = s->Cs.Selector;
                break;
            case 4:
                *(uint*)frame = (uint)next;
                *(uint*)(frame + 4) = s->Cs.Selector;
                break;
            default:
                *(ulong*)frame = next;
                *(ulong*)(frame + 8) = s->Cs.Selector;
                break;
        }

        ulong rsp = PrivilegedStack<TMemory>.Move(s, s->Gpr[4], -2 * size);
        int status = TMemory.WriteBytes(s, 2, rsp & s->StackMask, frame, size * 2);
        if (status == Status.Next)
        {
            s->Gpr[4] = rsp;
        }

        return status;
    }
}
