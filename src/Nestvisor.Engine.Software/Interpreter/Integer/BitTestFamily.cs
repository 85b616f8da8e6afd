using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>BT, BTS, BTR and BTC. With a register index and memory the operand is a bit string around the address.</summary>
internal static unsafe class BitTestFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Bt, Build<BtOperation>);
        MnemonicCodes.Register(table, Mnemonic.Bts, Build<BtsOperation>);
        MnemonicCodes.Register(table, Mnemonic.Btr, Build<BtrOperation>);
        MnemonicCodes.Register(table, Mnemonic.Btc, Build<BtcOperation>);
    }

    private static void Build<TOperation>(in Instruction instruction, BlockMode mode, ref Op op)
        where TOperation : struct, IIntegerOperation
    {
        if (IntegerOperands.Fill(instruction, ref op) != OperandShape.MemoryRegister)
        {
            OperationFamily<TMemory>.BuildBinary<TOperation>(instruction, mode, ref op);
            return;
        }

        op.Handler = IntegerOperands.Size(instruction) switch
        {
            2 => &BitString<TOperation, ushort>,
            4 => &BitString<TOperation, uint>,
            _ => &BitString<TOperation, ulong>,
        };
    }

    private static int BitString<TOperation, T>(VpState* s, Op* o)
        where TOperation : struct, IIntegerOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        T index = Registers.Get<T>(s, o->Register1);
        int shift = BitOperations.Log2((uint)sizeof(T) * 8);
        ulong delta = (ulong)((IntegerBits.Sign(index) >> shift) * sizeof(T));

        // The same operation with the element's address for its memory operand.
        Op element = *o;
        element.Base = VpState.ZeroOffset;
        element.Index = VpState.ZeroOffset;
        element.Displacement = EffectiveAddress.Offset(s, o) + delta;
        if (!TOperation.Writes)
        {
            int status = TMemory.Read(s, &element, out T value);
            if (status == Status.Next)
            {
                TOperation.Apply(s, value, index);
            }

            return status;
        }

        if ((o->Flags & OpFlags.Lock) != 0)
        {
            return LockedOperation<TMemory, TOperation, T>.Run(s, &element, index);
        }

        int begun = TMemory.BeginModify<T>(s, &element, out ModifyTarget target);
        if (begun == Status.Next)
        {
            T* pointer = (T*)target.Pointer;
            *pointer = TOperation.Apply(s, *pointer, index);
            TMemory.EndModify(s, ref target);
        }

        return begun;
    }
}
