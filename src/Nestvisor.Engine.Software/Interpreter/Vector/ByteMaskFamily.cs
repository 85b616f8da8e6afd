using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter.X87;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>MASKMOVQ and (V)MASKMOVDQU: selected bytes go to DS:rDI.</summary>
internal static unsafe class ByteMaskFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Maskmovq_rDI_mm_mm] = BuildMmx;
        table[Code.Maskmovdqu_rDI_xmm_xmm] = BuildXmm;
        if (ProvidedFeatures.Covers(Code.VEX_Vmaskmovdqu_rDI_xmm_xmm))
        {
            table[Code.VEX_Vmaskmovdqu_rDI_xmm_xmm] = BuildXmm;
        }
    }

    private static void BuildXmm(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            Fill(instruction, ref op);
            op.Handler = &StoreXmm;
        }
    }

    private static void BuildMmx(in Instruction instruction, BlockMode mode, ref Op op)
    {
        if (!VectorGate.Close(instruction, mode, ref op))
        {
            Fill(instruction, ref op);
            op.Handler = &StoreMmx;
        }
    }

    private static void Fill(in Instruction instruction, ref Op op)
    {
        op.Register1 = (byte)instruction.Op1Register.GetNumber();
        op.Register2 = (byte)instruction.Op2Register.GetNumber();
        op.Segment = OpBuilder.SegmentNumber(instruction.MemorySegment);
        op.AddressMask = instruction.Op0Kind switch
        {
            OpKind.MemorySegDI => ushort.MaxValue,
            OpKind.MemorySegEDI => uint.MaxValue,
            _ => ulong.MaxValue,
        };
    }

    private static int StoreXmm(VpState* s, Op* o) =>
        Store(s, o, (byte*)VectorArea.Low(s, o->Register1), (byte*)VectorArea.Low(s, o->Register2), 16);

    private static int StoreMmx(VpState* s, Op* o)
    {
        if (VectorArea.X87Pending(s))
        {
            return X87Handlers.RaisePending(s);
        }

        // The x87 stack is left even if the store faults.
        X87Stack.EnterMmx(s);
        return Store(s, o, Mmx(s, o->Register1), Mmx(s, o->Register2), 8);
    }

    private static byte* Mmx(VpState* s, int slot) => s->Vector + VectorArea.X87Registers + (16 * slot);

    private static int Store(VpState* s, Op* o, byte* source, byte* mask, int count)
    {
        ulong offset = s->Gpr[7];
        // AMD's processors check all of the operand, whatever the mask selects.
        int probe = TMemory.ProbeWrite(s, o->Segment, offset & o->AddressMask, count);
        if (probe != Status.Next)
        {
            return probe;
        }

        for (int i = 0; i < count; i++)
        {
            if ((mask[i] & 0x80) != 0)
            {
                int status = TMemory.WriteAt(s, o->Segment, (offset + (uint)i) & o->AddressMask, source[i]);
                if (status != Status.Next)
                {
                    return status;
                }
            }
        }

        return Status.Next;
    }
}
