using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Calls through gates to an inner privilege level, software interrupts, and the end of NMI blocking.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private bool _resumeFlagLoaded;

    /// <summary>Delivers INT n, INT3 or INTO: the frame holds the next instruction, a fault on the way restarts this one.</summary>
    public void DeliverSoftware(EventKind kind, byte vector, ulong rip, ulong next)
    {
        VpState* s = State;
        s->Exception = new PendingException { Vector = vector, IsTrap = true };
        _softwareException = kind == EventKind.Exception;
        _faultRip = rip;
        s->Rip = next;
        DeliverEvent(kind, vector, hasErrorCode: false, 0);
    }

    /// <summary>IRET ends the blocking of NMIs, and the RF that it loads is for the instruction it returns to.</summary>
    public void UnblockNmi()
    {
        NmiBlocked = false;
        UnblockVirtualNmi();
        _resumeFlagLoaded = (State->SystemFlags & Rflags.RF) != 0;
    }

    /// <summary>CALL through a 64-bit gate to an inner level: new stack from the TSS, old SS:RSP and return address on it.</summary>
    public int CallInnerLong(ushort selector, Descriptor code, ulong entry, ulong next)
    {
        VpState* s = State;
        uint offset = 4u + ((uint)code.Dpl * 8);
        if (offset + 7 > s->Tr.Limit)
        {
            return Fault.InvalidTss(s, s->Tr.Selector & 0xFFFCu);
        }

        ulong rsp;
        int status = ReadSystem(s->Tr.Base + offset, &rsp, 8);
        if (status != Status.Next)
        {
            return status;
        }

        ulong* frame = stackalloc ulong[4];
        frame[0] = next;
        frame[1] = s->Cs.Selector;
        frame[2] = s->Gpr[4];
        frame[3] = s->Ss.Selector;
        rsp -= 32;
        if (!CpuLimits.IsCanonical(rsp) || !CpuLimits.IsCanonical(rsp + 31))
        {
            return Fault.StackFault(s, 0);
        }

        status = WriteStack(code.Dpl, rsp, frame, 32);
        if (status == Status.Next)
        {
            status = DescriptorTables.SetAccessed(this, selector, ref code);
        }

        if (status != Status.Next)
        {
            return status;
        }

        s->Cpl = code.Dpl;
        s->Ss = new SegmentRegister { Selector = (ushort)s->Cpl, Attributes = (ushort)(0x93 | (s->Cpl << 5) | 0xC00), Limit = uint.MaxValue };
        s->Cs = code.ToRegister((ushort)((selector & 0xFFFC) | s->Cpl));
        s->Gpr[4] = rsp;
        s->Rip = entry;
        return Status.Next;
    }

    /// <summary>CALL through a 16- or 32-bit gate to an inner level; parameters are copied from the old stack.</summary>
    public int CallInnerLegacy(ushort selector, Descriptor code, ulong entry, ulong next, int size, int parameters)
    {
        VpState* s = State;
        int status = LoadInnerStack(code.Dpl, 0, out SegmentRegister stack, out uint esp);
        if (status != Status.Next)
        {
            return status;
        }

        uint* values = stackalloc uint[4 + 32];
        int count = 0;
        values[count++] = (uint)next;
        values[count++] = s->Cs.Selector;
        for (int i = 0; i < parameters; i++)
        {
            uint value = 0;
            ulong from = s->Ss.Base + ((s->Gpr[4] + (ulong)(i * size)) & s->StackMask);
            status = Read(from & s->LinearMask, (byte*)&value, size);
            if (status != Status.Next)
            {
                return status;
            }

            values[count++] = value;
        }

        values[count++] = (uint)s->Gpr[4];
        values[count++] = s->Ss.Selector;
        status = PushValues(stack, code.Dpl, ref esp, values, count, size, stack.Selector & 0xFFFCu);
        if (status == Status.Next)
        {
            status = DescriptorTables.SetAccessed(this, selector, ref code);
        }

        if (status != Status.Next)
        {
            return status;
        }

        s->Cpl = code.Dpl;
        s->Ss = stack;
        s->Cs = code.ToRegister((ushort)((selector & 0xFFFC) | s->Cpl));
        s->Gpr[4] = stack.Big ? esp : (s->Gpr[4] & ~0xFFFFUL) | (esp & 0xFFFF);
        s->Rip = entry;
        return Status.Next;
    }
}
