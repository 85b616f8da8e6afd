using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Stack frames of real and legacy protected mode (AMD APM vol. 2 §8.6 and §8.7).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const int MostPushedValues = 36;

    private int PushLegacyFrame(EventKind kind, byte vector, Descriptor gate, Descriptor code, int privilege, bool hasErrorCode, uint errorCode, uint ext)
    {
        VpState* s = State;
        bool gate32 = (gate.Type & 8) != 0;
        int unit = gate32 ? 4 : 2;
        bool virtual8086 = (s->SystemFlags & Rflags.VM) != 0;
        SegmentRegister stack = s->Ss;
        uint esp = (uint)s->Gpr[4];
        bool inner = virtual8086 || privilege < s->Cpl;
        if (inner)
        {
            int status = LoadInnerStack(privilege, ext, out stack, out esp);
            if (status != Status.Next)
            {
                return status;
            }
        }

        uint* values = stackalloc uint[10];
        int count = 0;
        if (hasErrorCode)
        {
            values[count++] = errorCode;
        }

        values[count++] = (uint)s->Rip;
        values[count++] = s->Cs.Selector;
        values[count++] = (uint)FlagsToPush(kind, vector);
        if (inner)
        {
            values[count++] = (uint)s->Gpr[4];
            values[count++] = s->Ss.Selector;
        }

        if (virtual8086)
        {
            values[count++] = s->Es.Selector;
            values[count++] = s->Ds.Selector;
            values[count++] = s->Fs.Selector;
            values[count++] = s->Gs.Selector;
        }

        int pushed = PushValues(stack, privilege, ref esp, values, count, unit, inner ? (uint)(stack.Selector & 0xFFFC) | ext : 0);
        if (pushed != Status.Next)
        {
            return pushed;
        }

        pushed = DescriptorTables.SetAccessed(this, gate.GateSelector, ref code);
        if (pushed != Status.Next)
        {
            return pushed;
        }

        if (inner)
        {
            s->Ss = stack;
        }

        if (virtual8086)
        {
            s->SystemFlags &= ~Rflags.VM;
            s->Es = s->Ds = s->Fs = s->Gs = default;
        }

        ulong newSp = stack.Big ? esp : (s->Gpr[4] & ~0xFFFFUL) | (esp & 0xFFFF);
        EnterHandler(gate, code, privilege, newSp, gate32 ? gate.GateOffset32 : gate.GateOffset32 & 0xFFFF);
        return Status.Next;
    }

    // AMD APM vol. 2 §8.6: three words on the stack, the handler's address from the table at IDTR.base.
    private int DeliverReal(byte vector)
    {
        VpState* s = State;
        if ((vector * 4u) + 3 > s->IdtrLimit)
        {
            return Fault.GeneralProtection(s, 0);
        }

        uint target = 0;
        int status = ReadSystem(s->IdtrBase + (vector * 4u), &target, 4);
        if (status != Status.Next)
        {
            return status;
        }

        uint sp = (uint)s->Gpr[4];
        uint* values = stackalloc uint[3];
        values[0] = (uint)s->Rip;
        values[1] = s->Cs.Selector;
        values[2] = (uint)LazyFlags.Read(s);
        status = PushValues(s->Ss, 0, ref sp, values, 3, 2, 0);
        if (status != Status.Next)
        {
            return status;
        }

        s->Gpr[4] = (s->Gpr[4] & ~0xFFFFUL) | (sp & 0xFFFF);
        s->Cs.Selector = (ushort)(target >> 16);
        s->Cs.Base = (ulong)(target >> 16) << 4;
        s->Rip = target & 0xFFFF;
        s->SystemFlags &= ~(Rflags.TF | Rflags.IF | Rflags.AC | Rflags.RF);
        s->InterruptShadow = 0;
        return Status.Next;
    }

    /// <summary>Pushes values, the first one ending at the lowest address: all, or none.</summary>
    private int PushValues(in SegmentRegister stack, int privilege, ref uint esp, uint* values, int count, int unit, uint errorCode)
    {
        uint mask = stack.Big ? uint.MaxValue : 0xFFFF;
        uint bottom = (esp - (uint)(count * unit)) & mask;
        bool expandDown = (stack.Attributes & 0x1C) == 0x14;
        uint last = bottom + (uint)(count * unit) - 1;
        bool within = last >= bottom && (expandDown ? bottom > stack.Limit && last <= mask : last <= stack.Limit);
        if (!within)
        {
            return Fault.StackFault(State, errorCode);
        }

        byte* frame = stackalloc byte[MostPushedValues * 4];
        for (int i = 0; i < count; i++)
        {
            if (unit == 4)
            {
                ((uint*)frame)[i] = values[i];
            }
            else
            {
                ((ushort*)frame)[i] = (ushort)values[i];
            }
        }

        int status = WriteStack(privilege, stack.Base + bottom, frame, count * unit);
        if (status == Status.Next)
        {
            esp = bottom;
        }

        return status;
    }

    // SS and ESP of an inner privilege level, from the task state segment.
    private int LoadInnerStack(int privilege, uint ext, out SegmentRegister stack, out uint esp)
    {
        VpState* s = State;
        stack = default;
        esp = 0;
        bool tss32 = (s->Tr.Type & 8) != 0;
        uint offset = tss32 ? 4u + ((uint)privilege * 8) : 2u + ((uint)privilege * 4);
        if (offset + (tss32 ? 7u : 3u) > s->Tr.Limit)
        {
            return Fault.InvalidTss(s, (s->Tr.Selector & 0xFFFCu) | ext);
        }

        byte* raw = stackalloc byte[8];
        int status = ReadSystem(s->Tr.Base + offset, raw, tss32 ? 6 : 4);
        if (status != Status.Next)
        {
            return status;
        }

        esp = tss32 ? *(uint*)raw : *(ushort*)raw;
        ushort selector = tss32 ? *(ushort*)(raw + 4) : *(ushort*)(raw + 2);
        uint code = (selector & 0xFFFCu) | ext;
        if ((selector & 0xFFFC) == 0 || (selector & 3) != privilege)
        {
            return Fault.InvalidTss(s, code);
        }

        status = DescriptorTables.Read(this, selector, wide: false, (int)ExceptionVector.InvalidTss, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        if (descriptor.Dpl != privilege || !descriptor.CodeOrData || descriptor.IsCode || !descriptor.WritableOrReadable)
        {
            return Fault.InvalidTss(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.StackFault(s, code);
        }

        stack = descriptor.ToRegister(selector);
        return Status.Next;
    }
}
