using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Segmentation;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>Moves, pushes and pops of segment registers, and LDS and its kin.</summary>
internal static unsafe class SegmentFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        OpBuild store = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
            op.Register2 = OpBuilder.SegmentNumber(i.Op1Register);
            op.Size = SystemOp.OperandSize(i, 0);
            op.Handler = &Store;
        };
        table[Code.Mov_rm16_Sreg] = table[Code.Mov_r32m16_Sreg] = table[Code.Mov_r64m16_Sreg] = store;
        OpBuild load = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Register2 = OpBuilder.SegmentNumber(i.Op0Register);
            op.Register1 = OpBuilder.RegisterOffset(i.Op1Register);
            op.Handler = &Load;
            op.Flags |= OpFlags.EndsBlock;
        };
        table[Code.Mov_Sreg_rm16] = table[Code.Mov_Sreg_r32m16] = table[Code.Mov_Sreg_r64m16] = load;
        Push(table, 2, Code.Pushw_ES, Code.Pushw_CS, Code.Pushw_SS, Code.Pushw_DS, Code.Pushw_FS, Code.Pushw_GS);
        Push(table, 4, Code.Pushd_ES, Code.Pushd_CS, Code.Pushd_SS, Code.Pushd_DS, Code.Pushd_FS, Code.Pushd_GS);
        Push(table, 8, Code.Pushq_FS, Code.Pushq_GS);
        Pop(table, 2, Code.Popw_ES, Code.Popw_SS, Code.Popw_DS, Code.Popw_FS, Code.Popw_GS);
        Pop(table, 4, Code.Popd_ES, Code.Popd_SS, Code.Popd_DS, Code.Popd_FS, Code.Popd_GS);
        Pop(table, 8, Code.Popq_FS, Code.Popq_GS);
        Far(table, 0, Code.Les_r16_m1616, Code.Les_r32_m1632);
        Far(table, 3, Code.Lds_r16_m1616, Code.Lds_r32_m1632);
        Far(table, 2, Code.Lss_r16_m1616, Code.Lss_r32_m1632, Code.Lss_r64_m1664);
        Far(table, 4, Code.Lfs_r16_m1616, Code.Lfs_r32_m1632, Code.Lfs_r64_m1664);
        Far(table, 5, Code.Lgs_r16_m1616, Code.Lgs_r32_m1632, Code.Lgs_r64_m1664);
    }

    private static void Push(InstructionTable<TMemory> table, byte size, params ReadOnlySpan<Code> codes)
    {
        foreach (Code code in codes)
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register2 = OpBuilder.SegmentNumber(i.Op0Register);
                op.Handler = size switch { 2 => &PushWord, 4 => &PushDouble, _ => &PushQuad };
            };
        }
    }

    private static void Pop(InstructionTable<TMemory> table, byte size, params ReadOnlySpan<Code> codes)
    {
        foreach (Code code in codes)
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register2 = OpBuilder.SegmentNumber(i.Op0Register);
                op.Handler = size switch { 2 => &PopSegment<ushort>, 4 => &PopSegment<uint>, _ => &PopSegment<ulong> };
                op.Flags |= OpFlags.EndsBlock;
            };
        }
    }

    private static void Far(InstructionTable<TMemory> table, byte segment, params ReadOnlySpan<Code> codes)
    {
        foreach (Code code in codes)
        {
            table[code] = (in Instruction i, BlockMode m, ref Op op) =>
            {
                op.Register1 = OpBuilder.RegisterOffset(i.Op0Register);
                op.Register2 = segment;
                op.Size = (byte)i.Op0Register.GetSize();
                op.Handler = &LoadFar;
                op.Flags |= OpFlags.EndsBlock;
            };
        }
    }

    private static int Store(VpState* s, Op* o)
    {
        ushort selector = (&s->Es)[o->Register2].Selector;
        if ((o->Flags & OpFlags.Memory) != 0)
        {
            return TMemory.Write(s, o, selector);
        }

        SystemOp.SetRegister(s, o->Register1, o->Size, selector);
        return Status.Next;
    }

    private static int Load(VpState* s, Op* o)
    {
        if (o->Register2 == 1 || o->Register2 > 5)
        {
            return Fault.InvalidOpcode(s);
        }

        ushort selector;
        if ((o->Flags & OpFlags.Memory) == 0)
        {
            selector = Registers.Get<ushort>(s, o->Register1);
        }
        else
        {
            int status = TMemory.Read(s, o, out selector);
            if (status != Status.Next)
            {
                return status;
            }
        }

        return LoadAndLeave(s, o, selector);
    }

    private static int LoadAndLeave(VpState* s, Op* o, ushort selector)
    {
        int status = SegmentLoader.Load(SoftwareProcessor.Of(s), o->Register2, selector);
        if (status != Status.Next)
        {
            return status;
        }

        if (o->Register2 == 2)
        {
            s->InterruptShadow |= SoftwareProcessor.ShadowSs | SoftwareProcessor.ShadowNew;
        }

        return SystemOp.Leave(s, o);
    }

    private static int PushWord(VpState* s, Op* o) => PrivilegedStack<TMemory>.Push(s, (&s->Es)[o->Register2].Selector);

    // The upper half of the slot is written as zero.
    private static int PushDouble(VpState* s, Op* o)
    {
        ulong rsp = PrivilegedStack<TMemory>.Move(s, s->Gpr[4], -4);
        int status = TMemory.WriteAt(s, 2, rsp & s->StackMask, (uint)(&s->Es)[o->Register2].Selector);
        if (status == Status.Next)
        {
            s->Gpr[4] = rsp;
        }

        return status;
    }

    private static int PushQuad(VpState* s, Op* o) => PrivilegedStack<TMemory>.Push(s, (ulong)(&s->Es)[o->Register2].Selector);

    private static int PopSegment<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong rsp = s->Gpr[4];
        int status = TMemory.ReadAt(s, 2, rsp & s->StackMask, out ushort selector);
        if (status != Status.Next)
        {
            return status;
        }

        rsp = PrivilegedStack<TMemory>.Move(s, rsp, sizeof(T));
        status = LoadAndLeave(s, o, selector);
        if (status == Status.Leave)
        {
            s->Gpr[4] = rsp;
        }

        return status;
    }

    private static int LoadFar(VpState* s, Op* o)
    {
        byte* raw = stackalloc byte[10];
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), raw, o->Size + 2);
        if (status != Status.Next)
        {
            return status;
        }

        status = LoadAndLeave(s, o, *(ushort*)(raw + o->Size));
        if (status == Status.Leave)
        {
            SystemOp.SetRegister(s, o->Register1, o->Size, *(ulong*)raw);
        }

        return status;
    }
}
