using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B.</summary>
internal static unsafe class ExchangeFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Xchg, Build);
        MnemonicCodes.Register(table, Mnemonic.Xadd, Build);
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Cmpxchg_rm8_r8, Code.Cmpxchg_rm16_r16, Code.Cmpxchg_rm32_r32,
            Code.Cmpxchg_rm64_r64])
        {
            table[code] = Build;
        }

        table[Code.Cmpxchg8b_m64] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &CompareExchange8;
        table[Code.Cmpxchg16b_m128] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &CompareExchange16;
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) is OperandShape.MemoryRegister or OperandShape.RegisterMemory;
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            1 => Pick<byte>(instruction.Mnemonic, memory),
            2 => Pick<ushort>(instruction.Mnemonic, memory),
            4 => Pick<uint>(instruction.Mnemonic, memory),
            _ => Pick<ulong>(instruction.Mnemonic, memory),
        };
    }

    private static delegate*<VpState*, Op*, int> Pick<T>(Mnemonic mnemonic, bool memory)
        where T : unmanaged, IBinaryInteger<T> =>
        (mnemonic, memory) switch
        {
            (Mnemonic.Xchg, true) => &ExchangeHandlers<TMemory, T>.ExchangeMemory,
            (Mnemonic.Xchg, false) => &ExchangeHandlers<TMemory, T>.ExchangeRegisters,
            (Mnemonic.Xadd, true) => &ExchangeHandlers<TMemory, T>.AddMemory,
            (Mnemonic.Xadd, false) => &ExchangeHandlers<TMemory, T>.AddRegisters,
            (_, true) => &ExchangeHandlers<TMemory, T>.CompareMemory,
            _ => &ExchangeHandlers<TMemory, T>.CompareRegisters,
        };

    private static int CompareExchange8(VpState* s, Op* o)
    {
        int status = TMemory.BeginModify<ulong>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        ulong* pointer = (ulong*)target.Pointer;
        ulong expected = (uint)s->Gpr[0] | (s->Gpr[2] << 32);
        ulong desired = (uint)s->Gpr[3] | (s->Gpr[1] << 32);
        ulong seen;
        if (target.Direct && (o->Flags & OpFlags.Lock) != 0)
        {
            seen = Interlocked.CompareExchange(ref *pointer, desired, expected);
        }
        else
        {
            seen = *pointer;
            *pointer = seen == expected ? desired : seen;
        }

        TMemory.EndModify(s, ref target);
        IntegerFlags.SetZero(s, seen == expected);
        if (seen != expected)
        {
            s->Gpr[0] = (uint)seen;
            s->Gpr[2] = seen >> 32;
        }

        return Status.Next;
    }

    private static int CompareExchange16(VpState* s, Op* o)
    {
        // A misaligned operand is #GP before any page fault.
        ulong linear = EffectiveAddress.Offset(s, o) + s->SegmentBase[o->Segment];
        if ((linear & 15) != 0)
        {
            return Fault.GeneralProtection(s, 0);
        }

        int status = TMemory.BeginModify<UInt128>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        ulong* pointer = (ulong*)target.Pointer;
        ulong low = s->Gpr[0];
        ulong high = s->Gpr[2];
        bool equal;
        if (target.Direct)
        {
            equal = CompareExchange128.Run(pointer, ref low, ref high, s->Gpr[3], s->Gpr[1]);
        }
        else
        {
            equal = pointer[0] == low && pointer[1] == high;
            low = pointer[0];
            high = pointer[1];
            if (equal)
            {
                pointer[0] = s->Gpr[3];
                pointer[1] = s->Gpr[1];
            }
        }

        TMemory.EndModify(s, ref target);
        IntegerFlags.SetZero(s, equal);
        if (!equal)
        {
            s->Gpr[0] = low;
            s->Gpr[2] = high;
        }

        return Status.Next;
    }
}
