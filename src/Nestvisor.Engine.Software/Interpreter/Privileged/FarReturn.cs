using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>IRET and far RET: everything is read and checked before the first register changes (AMD APM vol. 3).</summary>
internal static unsafe class FarReturn<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>IRET of an operand size. Returns <see cref="Status.Next"/> with the state of the returned-to code.</summary>
    public static int Iret<T>(VpState* s)
        where T : unmanaged
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        bool longMode = (s->Efer & Efer.LMA) != 0;
        if (SystemOp.Virtual8086(s) && SystemOp.Iopl(s) < 3)
        {
            return Fault.GeneralProtection(s, 0);
        }

        bool real = SystemOp.RealMode(s) || SystemOp.Virtual8086(s);
        if (!real && (s->SystemFlags & Rflags.NT) != 0)
        {
            return longMode ? Fault.GeneralProtection(s, 0) : p.ReturnFromTask();
        }

        ulong rsp = s->Gpr[4];
        int status = Pop<T>(s, ref rsp, out ulong rip);
        if (status == Status.Next)
        {
            status = Pop<T>(s, ref rsp, out ulong selector);
            if (status == Status.Next)
            {
                status = Pop<T>(s, ref rsp, out ulong flags);
                if (status == Status.Next)
                {
                    return real
                        ? IretReal<T>(s, rsp, rip, (ushort)selector, flags)
                        : IretProtected<T>(p, rsp, rip, (ushort)selector, flags);
                }
            }
        }

        return status;
    }

    /// <summary>Far RET of an operand size; <paramref name="release"/> bytes of parameters go.</summary>
    public static int Return<T>(VpState* s, uint release)
        where T : unmanaged
    {
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        ulong rsp = s->Gpr[4];
        int status = Pop<T>(s, ref rsp, out ulong rip);
        ulong selector = 0;
        if (status == Status.Next)
        {
            status = Pop<T>(s, ref rsp, out selector);
        }

        if (status != Status.Next)
        {
            return status;
        }

        rsp = PrivilegedStack<TMemory>.Move(s, rsp, release);
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            if (rip > s->Cs.Limit)
            {
                return Fault.GeneralProtection(s, 0);
            }

            s->Gpr[4] = rsp;
            LoadRealCs(s, (ushort)selector);
            s->Rip = rip;
            return Status.Next;
        }

        return ReturnProtected<T>(p, rsp, rip, (ushort)selector, release, iret: false);
    }

    private static int IretReal<T>(VpState* s, ulong rsp, ulong rip, ushort selector, ulong flags)
        where T : unmanaged
    {
        if (rip > s->Cs.Limit)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong changeable = FlagsFamily<TMemory>.Changeable(s) | Rflags.RF;
        changeable &= sizeof(T) == 2 ? 0xFFFF : ulong.MaxValue;
        LazyFlags.Write(s, (LazyFlags.Read(s) & ~changeable) | (flags & changeable));
        s->Gpr[4] = rsp;
        LoadRealCs(s, selector);
        s->Rip = rip;
        return Status.Next;
    }

    private static int IretProtected<T>(SoftwareProcessor p, ulong rsp, ulong rip, ushort selector, ulong flags)
        where T : unmanaged
    {
        VpState* s = p.State;
        if (sizeof(T) == 4 && (flags & Rflags.VM) != 0 && s->Cpl == 0 && (s->Efer & Efer.LMA) == 0)
        {
            return IretToVirtual8086(s, rsp, rip, selector, flags);
        }

        ulong changeable = FlagsFamily<TMemory>.Changeable(s) | Rflags.RF;
        changeable &= sizeof(T) == 2 ? 0xFFFF : ulong.MaxValue;
        if (s->Cpl == 0 && sizeof(T) != 2)
        {
            changeable |= Rflags.VIF | Rflags.VIP;
        }

        ulong newFlags = (LazyFlags.Read(s) & ~changeable) | (flags & changeable);
        int status = ReturnProtected<T>(p, rsp, rip, selector, 0, iret: true);
        if (status == Status.Next)
        {
            LazyFlags.Write(s, newFlags);
        }

        return status;
    }

    private static int ReturnProtected<T>(SoftwareProcessor p, ulong rsp, ulong rip, ushort selector, uint release, bool iret)
        where T : unmanaged
    {
        VpState* s = p.State;
        uint code = selector & 0xFFFCu;
        if (code == 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        int rpl = selector & 3;
        int status = DescriptorTables.Read(p, selector, wide: false, (int)ExceptionVector.GeneralProtection, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        bool longMode = (s->Efer & Efer.LMA) != 0;
        bool to64 = longMode && descriptor.Long;
        if (!descriptor.IsCode || rpl < s->Cpl
            || (descriptor.Conforming ? descriptor.Dpl > rpl : descriptor.Dpl != rpl)
            || (to64 && descriptor.Big))
        {
            return Fault.GeneralProtection(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.SegmentNotPresent(s, code);
        }

        if (to64 ? !CpuLimits.IsCanonical(rip) : rip > descriptor.Limit)
        {
            return Fault.GeneralProtection(s, 0);
        }

        bool outer = rpl > s->Cpl;
        SegmentRegister stack = s->Ss;
        ulong newRsp = rsp;

        // A 64-bit IRET always pops SS:RSP.
        bool popsStack = outer || (iret && SystemOp.Code64(s));
        if (popsStack)
        {
            status = PopStack<T>(p, rsp, rpl, to64, out newRsp, out stack);
            if (status != Status.Next)
            {
                return status;
            }
        }

        status = DescriptorTables.SetAccessed(p, selector, ref descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        s->Cs = descriptor.ToRegister(selector);
        s->Rip = to64 ? rip : (uint)rip;
        if (popsStack)
        {
            s->Ss = stack;
            newRsp += release;
            s->Gpr[4] = to64 ? newRsp : stack.Big ? (uint)newRsp : (s->Gpr[4] & ~0xFFFFUL) | (newRsp & 0xFFFF);
        }
        else
        {
            s->Gpr[4] = newRsp;
        }

        if (outer)
        {
            s->Cpl = rpl;
            SegmentLoader.DropInner(s);
        }

        return Status.Next;
    }

    // SS:RSP of the code that is returned to.
    private static int PopStack<T>(SoftwareProcessor p, ulong rsp, int rpl, bool to64, out ulong newRsp, out SegmentRegister stack)
        where T : unmanaged
    {
        VpState* s = p.State;
        stack = default;
        int status = Pop<T>(s, ref rsp, out newRsp);
        ulong raw = 0;
        if (status == Status.Next)
        {
            status = Pop<T>(s, ref rsp, out raw);
        }

        if (status != Status.Next)
        {
            return status;
        }

        ushort selector = (ushort)raw;
        uint code = selector & 0xFFFCu;
        if (code == 0)
        {
            if (!to64 || rpl == 3 || (selector & 3) != rpl)
            {
                return Fault.GeneralProtection(s, 0);
            }

            stack = new SegmentRegister { Selector = selector, Attributes = (ushort)(0x93 | (rpl << 5) | 0xC00), Limit = uint.MaxValue };
            return Status.Next;
        }

        status = DescriptorTables.Read(p, selector, wide: false, (int)ExceptionVector.GeneralProtection, out Descriptor descriptor);
        if (status != Status.Next)
        {
            return status;
        }

        if ((selector & 3) != rpl || !descriptor.CodeOrData || descriptor.IsCode || !descriptor.WritableOrReadable || descriptor.Dpl != rpl)
        {
            return Fault.GeneralProtection(s, code);
        }

        if (!descriptor.Present)
        {
            return Fault.StackFault(s, code);
        }

        status = DescriptorTables.SetAccessed(p, selector, ref descriptor);
        stack = descriptor.ToRegister(selector);
        return status;
    }

    private static int IretToVirtual8086(VpState* s, ulong rsp, ulong rip, ushort selector, ulong flags)
    {
        ulong* values = stackalloc ulong[6];
        for (int i = 0; i < 6; i++)
        {
            int status = Pop<uint>(s, ref rsp, out values[i]);
            if (status != Status.Next)
            {
                return status;
            }
        }

        LazyFlags.Write(s, flags & Rflags.Defined);
        s->Rip = rip & 0xFFFF;
        s->Gpr[4] = values[0];
        Load(&s->Cs, selector);
        Load(&s->Ss, (ushort)values[1]);
        Load(&s->Es, (ushort)values[2]);
        Load(&s->Ds, (ushort)values[3]);
        Load(&s->Fs, (ushort)values[4]);
        Load(&s->Gs, (ushort)values[5]);
        s->Cpl = 3;
        return Status.Next;

        static void Load(SegmentRegister* register, ushort selector) =>
            *register = new SegmentRegister { Selector = selector, Base = (ulong)selector << 4, Limit = 0xFFFF, Attributes = 0xF3 };
    }

    private static void LoadRealCs(VpState* s, ushort selector)
    {
        s->Cs.Selector = selector;
        s->Cs.Base = (ulong)selector << 4;
    }

    private static int Pop<T>(VpState* s, ref ulong rsp, out ulong value)
        where T : unmanaged
    {
        int status = PrivilegedStack<TMemory>.Pop(s, ref rsp, out T raw);
        value = 0;
        fixed (ulong* wide = &value)
        {
            *(T*)wide = raw;
        }

        return status;
    }
}
