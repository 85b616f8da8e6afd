using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR, INVLPG and INVPCID.</summary>
internal static unsafe class TableFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        Load(table, Code.Lgdt_m1632_16, 3);
        Load(table, Code.Lgdt_m1632, 4);
        Load(table, Code.Lgdt_m1664, 8);
        Load(table, Code.Lidt_m1632_16, 3);
        Load(table, Code.Lidt_m1632, 4);
        Load(table, Code.Lidt_m1664, 8);
        foreach (Code code in new[] { Code.Sgdt_m1632_16, Code.Sgdt_m1632, Code.Sgdt_m1664, Code.Sidt_m1632_16, Code.Sidt_m1632, Code.Sidt_m1664 })
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register1 = (byte)(i.Mnemonic == Mnemonic.Sidt ? 1 : 0);
                op.Size = (byte)(m.Bitness == 64 ? 8 : 4);
                op.Handler = &Store;
            };
        }

        foreach (Code code in new[] { Code.Lldt_rm16, Code.Lldt_r32m16, Code.Lldt_r64m16, Code.Ltr_rm16, Code.Ltr_r32m16, Code.Ltr_r64m16 })
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
                op.Register2 = (byte)(i.Mnemonic == Mnemonic.Ltr ? 1 : 0);
                op.Handler = &LoadSystemSegment;
                op.Flags |= OpFlags.EndsBlock;
            };
        }

        foreach (Code code in new[] { Code.Sldt_rm16, Code.Sldt_r32m16, Code.Sldt_r64m16, Code.Str_rm16, Code.Str_r32m16, Code.Str_r64m16 })
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
                op.Register2 = (byte)(i.Mnemonic == Mnemonic.Str ? 1 : 0);
                op.Size = SystemOp.OperandSize(i, 0);
                op.Handler = &StoreSystemSegment;
            };
        }

        table[Code.Invlpg_m] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Handler = &Invlpg;
            op.Flags |= OpFlags.EndsBlock;
        };
        OpBuild invpcid = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Size = (byte)i.Op0Register.GetSize();
            op.Handler = &Invpcid;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Invpcid_r32_m128] = table[Code.Invpcid_r64_m128] = invpcid;
    }

    private static void Load(InstructionTable<TMemory> table, Code code, byte baseBytes) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = (byte)(i.Mnemonic == Mnemonic.Lidt ? 1 : 0);
            op.Size = baseBytes;
            op.Handler = &LoadTable;
            op.Flags |= OpFlags.EndsBlock;
        };

    private static int LoadTable(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        // With a 16-bit operand the base has 24 bits, but four bytes are read.
        byte* raw = stackalloc byte[10];
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), raw, o->Size == 8 ? 10 : 6);
        if (status != Status.Next)
        {
            return status;
        }

        ulong address = o->Size switch
        {
            8 => *(ulong*)(raw + 2),
            4 => *(uint*)(raw + 2),
            _ => *(uint*)(raw + 2) & 0xFF_FFFF,
        };
        if (!CpuLimits.IsCanonical(address))
        {
            return Fault.GeneralProtection(s, 0);
        }

        if (o->Register1 == 0)
        {
            s->GdtrBase = address;
            s->GdtrLimit = *(ushort*)raw;
        }
        else
        {
            s->IdtrBase = address;
            s->IdtrLimit = *(ushort*)raw;
        }

        return SystemOp.LeaveSerialized(s, o);
    }

    private static int Store(VpState* s, Op* o)
    {
        if ((s->Cr4 & Cr4.UMIP) != 0 && s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        byte* raw = stackalloc byte[10];
        *(ushort*)raw = (ushort)(o->Register1 == 0 ? s->GdtrLimit : s->IdtrLimit);
        *(ulong*)(raw + 2) = o->Register1 == 0 ? s->GdtrBase : s->IdtrBase;
        return TMemory.WriteBytes(s, o->Segment, EffectiveAddress.Offset(s, o), raw, o->Size == 8 ? 10 : 6);
    }

    private static int LoadSystemSegment(VpState* s, Op* o)
    {
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return Fault.InvalidOpcode(s);
        }

        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        int status = ReadSelector(s, o, out ushort selector);
        if (status == Status.Next)
        {
            status = SystemSegments.Load(SoftwareProcessor.Of(s), selector, task: o->Register2 == 1);
        }

        return status == Status.Next ? SystemOp.LeaveSerialized(s, o) : status;
    }

    private static int StoreSystemSegment(VpState* s, Op* o)
    {
        if (SystemOp.RealMode(s) || SystemOp.Virtual8086(s))
        {
            return Fault.InvalidOpcode(s);
        }

        if ((s->Cr4 & Cr4.UMIP) != 0 && s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ushort selector = o->Register2 == 1 ? s->Tr.Selector : s->Ldtr.Selector;
        if ((o->Flags & OpFlags.Memory) != 0)
        {
            return TMemory.Write(s, o, selector);
        }

        SystemOp.SetRegister(s, o->Register1, o->Size, selector);
        return Status.Next;
    }

    private static int ReadSelector(VpState* s, Op* o, out ushort selector)
    {
        if ((o->Flags & OpFlags.Memory) != 0)
        {
            return TMemory.Read(s, o, out selector);
        }

        selector = Registers.Get<ushort>(s, o->Register1);
        return Status.Next;
    }

    private static int Invlpg(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong linear = (s->SegmentBase[o->Segment] + EffectiveAddress.Offset(s, o)) & s->LinearMask;
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        p.Contexts.FlushPage(p.CurrentAsid, linear);
        return SystemOp.LeaveSerialized(s, o);
    }

    // Intel SDM vol. 2, INVPCID: type 0 one address, 1 one PCID, 2 all with global, 3 all without.
    private static int Invpcid(VpState* s, Op* o)
    {
        if (s->Cpl != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        ulong* descriptor = stackalloc ulong[2];
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), (byte*)descriptor, 16);
        if (status != Status.Next)
        {
            return status;
        }

        ulong type = o->Size == 4 ? Registers.Get<uint>(s, o->Register1) : Registers.Get<ulong>(s, o->Register1);
        ulong pcid = descriptor[0];
        bool pcidFits = pcid < 4096 && (pcid == 0 || (s->Cr4 & Cr4.PCIDE) != 0);
        SoftwareProcessor p = SoftwareProcessor.Of(s);
        switch (type)
        {
            case 0 when pcidFits && CpuLimits.IsCanonical(descriptor[1]):
                p.Contexts.FlushPage(p.CurrentAsid, descriptor[1]);
                break;
            case 1 when pcidFits:
                p.Contexts.FlushPcid(p.CurrentAsid, (ushort)pcid);
                break;
            case 2 when pcid < 4096:
                p.Contexts.FlushAsid(p.CurrentAsid, keepGlobal: false);
                break;
            case 3 when pcid < 4096:
                p.Contexts.FlushAsid(p.CurrentAsid, keepGlobal: true);
                break;
            default:
                return Fault.GeneralProtection(s, 0);
        }

        return SystemOp.LeaveSerialized(s, o);
    }
}
