using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>MOVS, STOS, LODS, CMPS, SCAS for all sizes and address sizes, with and without repetition; XLAT.</summary>
internal static unsafe class StringFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        // The double-word forms of MOVS and CMPS share their mnemonics with SSE2.
        foreach (Code code in (ReadOnlySpan<Code>)[
            Code.Movsb_m8_m8, Code.Movsw_m16_m16, Code.Movsd_m32_m32, Code.Movsq_m64_m64,
            Code.Stosb_m8_AL, Code.Stosw_m16_AX, Code.Stosd_m32_EAX, Code.Stosq_m64_RAX,
            Code.Lodsb_AL_m8, Code.Lodsw_AX_m16, Code.Lodsd_EAX_m32, Code.Lodsq_RAX_m64,
            Code.Cmpsb_m8_m8, Code.Cmpsw_m16_m16, Code.Cmpsd_m32_m32, Code.Cmpsq_m64_m64,
            Code.Scasb_AL_m8, Code.Scasw_AX_m16, Code.Scasd_EAX_m32, Code.Scasq_RAX_m64])
        {
            table[code] = Build;
        }

        table[Code.Xlat_m8] = BuildTranslate;
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        switch (instruction.MemorySize.GetSize())
        {
            case 1:
                op.Handler = Pick<byte>(instruction, ref op);
                break;
            case 2:
                op.Handler = Pick<ushort>(instruction, ref op);
                break;
            case 4:
                op.Handler = Pick<uint>(instruction, ref op);
                break;
            default:
                op.Handler = Pick<ulong>(instruction, ref op);
                break;
        }
    }

    private static delegate*<VpState*, Op*, int> Pick<T>(in Instruction instruction, ref Op op)
        where T : unmanaged, IBinaryInteger<T>
    {
        int addressSize = 8;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            switch (instruction.GetOpKind(i))
            {
                case OpKind.MemorySegSI:
                    addressSize = 2;
                    op.Segment = OpBuilder.SegmentNumber(instruction.MemorySegment);
                    break;
                case OpKind.MemorySegESI:
                    addressSize = 4;
                    op.Segment = OpBuilder.SegmentNumber(instruction.MemorySegment);
                    break;
                case OpKind.MemorySegRSI:
                    op.Segment = OpBuilder.SegmentNumber(instruction.MemorySegment);
                    break;
                case OpKind.MemoryESDI:
                    addressSize = 2;
                    break;
                case OpKind.MemoryESEDI:
                    addressSize = 4;
                    break;
            }
        }

        return addressSize switch
        {
            2 => Pick<T, ushort>(op.Flags, instruction.Code),
            4 => Pick<T, uint>(op.Flags, instruction.Code),
            _ => Pick<T, ulong>(op.Flags, instruction.Code),
        };
    }

    private static delegate*<VpState*, Op*, int> Pick<T, TAddress>(OpFlags flags, Code code)
        where T : unmanaged, IBinaryInteger<T>
        where TAddress : unmanaged
    {
        bool repeated = (flags & (OpFlags.Rep | OpFlags.Repne)) != 0;
        switch (code)
        {
            case Code.Movsb_m8_m8 or Code.Movsw_m16_m16 or Code.Movsd_m32_m32 or Code.Movsq_m64_m64:
                return repeated ? &CopyHandlers<TMemory, T, TAddress>.RepeatedMove : &CopyHandlers<TMemory, T, TAddress>.Move;
            case Code.Stosb_m8_AL or Code.Stosw_m16_AX or Code.Stosd_m32_EAX or Code.Stosq_m64_RAX:
                return repeated ? &CopyHandlers<TMemory, T, TAddress>.RepeatedStore : &CopyHandlers<TMemory, T, TAddress>.Store;
            case Code.Lodsb_AL_m8 or Code.Lodsw_AX_m16 or Code.Lodsd_EAX_m32 or Code.Lodsq_RAX_m64:
                return repeated ? &CopyHandlers<TMemory, T, TAddress>.RepeatedLoad : &CopyHandlers<TMemory, T, TAddress>.Load;
            case Code.Cmpsb_m8_m8 or Code.Cmpsw_m16_m16 or Code.Cmpsd_m32_m32 or Code.Cmpsq_m64_m64:
                return repeated
                    ? &CompareHandlers<TMemory, T, TAddress>.RepeatedCompare
                    : &CompareHandlers<TMemory, T, TAddress>.Compare;
            default:
                return repeated ? &CompareHandlers<TMemory, T, TAddress>.RepeatedScan : &CompareHandlers<TMemory, T, TAddress>.Scan;
        }
    }

    /// <summary>The operand is [rBX + AL], which Iced gives with AL for an index.</summary>
    private static void BuildTranslate(in Instruction instruction, BlockMode mode, ref Op op)
    {
        op.Index = VpState.ZeroOffset;
        op.Handler = &Translate;
    }

    private static int Translate(VpState* s, Op* o)
    {
        ulong offset = (EffectiveAddress.Offset(s, o) + (byte)s->Gpr[0]) & o->AddressMask;
        int status = TMemory.ReadAt(s, o->Segment, offset, out byte value);
        if (status == Status.Next)
        {
            Registers.Set(s, Registers.Rax, value);
        }

        return status;
    }
}
