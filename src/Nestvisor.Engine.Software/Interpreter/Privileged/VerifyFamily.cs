using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>LAR, LSL, VERR, VERW and ARPL: questions about selectors that never fault on the selector itself.</summary>
internal static unsafe class VerifyFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        Query(table, &Lar, Code.Lar_r16_rm16, Code.Lar_r32_r32m16, Code.Lar_r64_r64m16);
        Query(table, &Lsl, Code.Lsl_r16_rm16, Code.Lsl_r32_r32m16, Code.Lsl_r64_r64m16);
        Verify(table, &Verr, Code.Verr_rm16, Code.Verr_r32m16, Code.Verr_r64m16);
        Verify(table, &Verw, Code.Verw_rm16, Code.Verw_r32m16, Code.Verw_r64m16);
        OpBuild arpl = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Register2 = OpBuilder.RegisterOffset(i.Op1Register);
            op.Handler = &Arpl;
        };
        table[Code.Arpl_rm16_r16] = table[Code.Arpl_r32m16_r32] = arpl;
    }

    private static void Query(InstructionTable<TMemory> table, delegate*<VpState*, Op*, int> handler, params ReadOnlySpan<Code> codes)
    {
        nint pointer = (nint)handler;
        foreach (Code code in codes)
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
                op.Register2 = OpBuilder.RegisterOffset(i.Op1Register);
                op.Size = (byte)i.Op0Register.GetSize();
                op.Handler = (delegate*<VpState*, Op*, int>)pointer;
            };
        }
    }

    private static void Verify(InstructionTable<TMemory> table, delegate*<VpState*, Op*, int> handler, params ReadOnlySpan<Code> codes)
    {
        nint pointer = (nint)handler;
        foreach (Code code in codes)
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register2 = OpBuilder.RegisterOffset(i.Op0Register);
                op.Handler = (delegate*<VpState*, Op*, int>)pointer;
            };
        }
    }

    private static int Lar(VpState* s, Op* o)
    {
        int status = Look(s, o, out bool visible, out Descriptor descriptor, limit: false);
        if (status == Status.Next && visible)
        {
            uint rights = (uint)(descriptor.Low >> 32) & 0x00FF_FF00;
            SystemOp.SetRegister(s, o->Register1, o->Size, rights);
        }

        return Answer(s, status, visible);
    }

    private static int Lsl(VpState* s, Op* o)
    {
        int status = Look(s, o, out bool visible, out Descriptor descriptor, limit: true);
        if (status == Status.Next && visible)
        {
            SystemOp.SetRegister(s, o->Register1, o->Size, descriptor.Limit);
        }

        return Answer(s, status, visible);
    }

    private static int Verr(VpState* s, Op* o) => VerifyAccess(s, o, write: false);

    private static int Verw(VpState* s, Op* o) => VerifyAccess(s, o, write: true);

    private static int VerifyAccess(VpState* s, Op* o, bool write)
    {
        int status = ReadSelector(s, o, out ushort selector);
        bool allowed = false;
        if (status == Status.Next && TryRead(s, selector, out Descriptor d, out status))
        {
            bool privilege = (d.IsCode && d.Conforming) || (s->Cpl <= d.Dpl && (selector & 3) <= d.Dpl);
            allowed = d.CodeOrData && privilege
                && (write ? !d.IsCode && d.WritableOrReadable : !d.IsCode || d.WritableOrReadable);
        }

        return Answer(s, status, allowed);
    }

    private static int Arpl(VpState* s, Op* o)
    {
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return Fault.InvalidOpcode(s);
        }

        ushort source = Registers.Get<ushort>(s, o->Register2);
        if ((o->Flags & OpFlags.Memory) == 0)
        {
            ushort target = Registers.Get<ushort>(s, o->Register1);
            bool raise = (target & 3) < (source & 3);
            if (raise)
            {
                Registers.Set(s, o->Register1, (ushort)((target & ~3) | (source & 3)));
            }

            return Answer(s, Status.Next, raise);
        }

        int status = TMemory.BeginModify<ushort>(s, o, out ModifyTarget memory);
        if (status != Status.Next)
        {
            return status;
        }

        ushort value = *(ushort*)memory.Pointer;
        bool lower = (value & 3) < (source & 3);
        *(ushort*)memory.Pointer = lower ? (ushort)((value & ~3) | (source & 3)) : value;
        TMemory.EndModify(s, ref memory);
        return Answer(s, Status.Next, lower);
    }

    private static int Look(VpState* s, Op* o, out bool visible, out Descriptor descriptor, bool limit)
    {
        visible = false;
        descriptor = default;
        int status = ReadSelector(s, o, out ushort selector);
        if (status != Status.Next || !TryRead(s, selector, out descriptor, out status))
        {
            return status;
        }

        bool longMode = (s->Efer & Efer.LMA) != 0;
        bool typeFits = descriptor.CodeOrData || (limit
            ? descriptor.Type is 2 or 9 or 11 || (!longMode && descriptor.Type is 1 or 3)
            : descriptor.Type is 2 or 9 or 11 or 12 || (!longMode && descriptor.Type is 1 or 3 or 4 or 5));
        visible = typeFits
            && ((descriptor.IsCode && descriptor.Conforming) || (s->Cpl <= descriptor.Dpl && (selector & 3) <= descriptor.Dpl));
        return Status.Next;
    }

    // False if the selector leads nowhere, which is an answer, or if reading its descriptor faults.
    private static bool TryRead(VpState* s, ushort selector, out Descriptor descriptor, out int status)
    {
        descriptor = default;
        status = Status.Next;
        if ((selector & 0xFFFC) == 0)
        {
            return false;
        }

        status = DescriptorTables.Read(
            SoftwareProcessor.Of(s), selector, wide: false, (int)ExceptionVector.GeneralProtection, out descriptor);
        if (status == Status.Exception && s->Exception.Vector == (byte)ExceptionVector.GeneralProtection)
        {
            status = Status.Next;
            return false;
        }

        return status == Status.Next;
    }

    private static int ReadSelector(VpState* s, Op* o, out ushort selector)
    {
        selector = 0;
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return Fault.InvalidOpcode(s);
        }

        if ((o->Flags & OpFlags.Memory) != 0)
        {
            return TMemory.Read(s, o, out selector);
        }

        selector = Registers.Get<ushort>(s, o->Register2);
        return Status.Next;
    }

    private static int Answer(VpState* s, int status, bool zf)
    {
        if (status == Status.Next)
        {
            ulong flags = LazyFlags.Read(s);
            LazyFlags.WriteArithmetic(s, zf ? flags | Rflags.ZF : flags & ~Rflags.ZF);
        }

        return status;
    }
}
