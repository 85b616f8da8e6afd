using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>Hardware task switches (AMD APM vol. 2 §12.3; Intel SDM vol. 3 §7.3).</summary>
internal static unsafe class TaskSwitcher
{
    private const int Size32 = 104;
    private const int Size16 = 44;
    private const byte Busy = 2;

    // Where the selectors start in a TSS: ES CS SS DS, and FS GS in a 32-bit one.
    private const int Selectors32 = 72;
    private const int Selectors16 = 34;

    /// <summary>Switches to the task of an available (busy for IRET) TSS descriptor.</summary>
    /// <param name="p">The processor; its RIP is what the old task goes on with.</param>
    /// <param name="selector">Selector of the new TSS.</param>
    /// <param name="kind">What causes it.</param>
    /// <param name="errorCode">An error code to push onto the new stack.</param>
    public static int Switch(SoftwareProcessor p, ushort selector, TaskSwitchKind kind, uint? errorCode)
    {
        VpState* s = p.State;
        uint code = selector & 0xFFFCu;
        int vector = kind == TaskSwitchKind.Iret ? (int)ExceptionVector.InvalidTss : (int)ExceptionVector.GeneralProtection;
        if (code == 0 || (selector & 4) != 0)
        {
            return Fault.RaiseWithCode(s, vector, code);
        }

        int status = DescriptorTables.Read(p, selector, wide: false, vector, out Descriptor target);
        if (status != Status.Next)
        {
            return status;
        }

        bool wantBusy = kind == TaskSwitchKind.Iret;
        if (target.CodeOrData || (target.Type & ~(8 | Busy)) != 1 || ((target.Type & Busy) != 0) != wantBusy)
        {
            return Fault.RaiseWithCode(s, vector, code);
        }

        if (!target.Present)
        {
            return Fault.SegmentNotPresent(s, code);
        }

        bool wide = (target.Type & 8) != 0;
        int size = wide ? Size32 : Size16;
        if (target.Limit < size - 1)
        {
            return Fault.InvalidTss(s, code);
        }

        if (p.ExitOnTaskSwitch(selector, kind, errorCode))
        {
            return Status.Switched;
        }

        byte* image = stackalloc byte[Size32];
        status = p.ReadSystem(target.Base32, image, size);
        if (status == Status.Next)
        {
            status = SaveOld(p, kind);
        }

        if (status != Status.Next)
        {
            return status;
        }

        return Enter(p, selector, target, kind, image, wide, errorCode);
    }

    private static int SaveOld(SoftwareProcessor p, TaskSwitchKind kind)
    {
        VpState* s = p.State;
        bool wide = (s->Tr.Type & 8) != 0;
        ulong flags = LazyFlags.Read(s);
        if (kind == TaskSwitchKind.Iret)
        {
            flags &= ~Rflags.NT;
        }

        byte* image = stackalloc byte[Size32];
        int from = wide ? 32 : 14;
        int unit = wide ? 4 : 2;
        Put(image, wide, 0, s->Rip);
        Put(image, wide, 1, flags);
        for (int i = 0; i < 8; i++)
        {
            Put(image, wide, 2 + i, s->Gpr[i]);
        }

        for (int i = 0; i < (wide ? 6 : 4); i++)
        {
            Put(image, wide, 10 + i, (&s->Es)[i].Selector);
        }

        int status = p.WriteSystem(s->Tr.Base + (ulong)from, image + from, (wide ? 16 : 14) * unit);
        if (status == Status.Next && kind != TaskSwitchKind.Call)
        {
            status = DescriptorTables.ClearType(p, s->Tr.Selector, Busy);
        }

        return status;
    }

    private static int Enter(SoftwareProcessor p, ushort selector, Descriptor target, TaskSwitchKind kind, byte* image, bool wide, uint? errorCode)
    {
        VpState* s = p.State;
        ulong flags = Get(image, wide, 1);
        int status;
        if (kind == TaskSwitchKind.Call)
        {
            ushort link = s->Tr.Selector;
            status = p.WriteSystem(target.Base32, &link, 2);
            if (status != Status.Next)
            {
                return status;
            }

            flags |= Rflags.NT;
        }

        if (kind != TaskSwitchKind.Iret)
        {
            status = DescriptorTables.OrType(p, selector, ref target, Busy);
            if (status != Status.Next)
            {
                return status;
            }
        }

        s->Tr = target.ToRegister(selector);
        s->Tr.Attributes |= Busy;
        s->Cr0 |= Cr0.TS;
        if (wide && (s->Cr0 & Cr0.PG) != 0)
        {
            p.SetCr3(*(uint*)(image + 28), keep: false);
        }

        s->Rip = Get(image, wide, 0);
        LazyFlags.Write(s, flags & Rflags.Defined);
        for (int i = 0; i < 8; i++)
        {
            s->Gpr[i] = Get(image, wide, 2 + i);
        }

        ushort* selectors = stackalloc ushort[6];
        for (int i = 0; i < 6; i++)
        {
            selectors[i] = wide || i < 4 ? (ushort)Get(image, wide, 10 + i) : (ushort)0;
            (&s->Es)[i] = new SegmentRegister { Selector = selectors[i] };
        }

        s->Dr[7] &= ~0x155UL;
        p.UpdateBreakpoints();
        ushort ldt = *(ushort*)(image + (wide ? 96 : 42));
        return LoadSegments(p, selectors, ldt, wide, errorCode);
    }

    // From here on faults are the new task's.
    private static int LoadSegments(SoftwareProcessor p, ushort* selectors, ushort ldt, bool wide, uint? errorCode)
    {
        VpState* s = p.State;
        if ((s->SystemFlags & Rflags.VM) != 0)
        {
            s->Cpl = 3;
            for (int i = 0; i < 6; i++)
            {
                (&s->Es)[i] = new SegmentRegister { Selector = selectors[i], Base = (ulong)selectors[i] << 4, Limit = 0xFFFF, Attributes = 0xF3 };
            }

            return Status.Next;
        }

        s->Ldtr = default;
        int status = SystemSegments.Load(p, ldt, task: false);
        if (status != Status.Next)
        {
            return Fault.InvalidTss(s, ldt & 0xFFFCu);
        }

        s->Cpl = selectors[1] & 3;
        uint code = selectors[1] & 0xFFFCu;
        status = DescriptorTables.Read(p, selectors[1], wide: false, (int)ExceptionVector.InvalidTss, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        if (code == 0 || !descriptor.IsCode || (descriptor.Conforming ? descriptor.Dpl > s->Cpl : descriptor.Dpl != s->Cpl))
        {
            return Fault.InvalidTss(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.SegmentNotPresent(s, code);
        }

        s->Cs = descriptor.ToRegister(selectors[1]);
        for (int i = 0; i < 6; i++)
        {
            if (i == 1)
            {
                continue;
            }

            status = SegmentLoader.Load(p, i, selectors[i]);
            if (status != Status.Next)
            {
                return s->Exception.Vector == (byte)ExceptionVector.GeneralProtection ? Fault.InvalidTss(s, selectors[i] & 0xFFFCu) : status;
            }
        }

        return errorCode is { } value ? p.PushErrorCode(value, wide) : Status.Next;
    }

    private static int Offset(bool wide, int slot)
    {
        if (slot < 10)
        {
            return wide ? 32 + (slot * 4) : 14 + (slot * 2);
        }

        return wide ? Selectors32 + ((slot - 10) * 4) : Selectors16 + ((slot - 10) * 2);
    }

    private static ulong Get(byte* image, bool wide, int slot) =>
        wide ? *(uint*)(image + Offset(wide, slot)) : *(ushort*)(image + Offset(wide, slot));

    private static void Put(byte* image, bool wide, int slot, ulong value)
    {
        byte* at = image + Offset(wide, slot);
        if (wide)
        {
            *(uint*)at = (uint)value;
        }
        else
        {
            *(ushort*)at = (ushort)value;
        }
    }
}
