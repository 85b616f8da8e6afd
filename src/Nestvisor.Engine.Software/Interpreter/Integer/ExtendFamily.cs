using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>MOVZX, MOVSX, MOVSXD, CBW and CWD with their kin.</summary>
internal static unsafe class ExtendFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Movzx, Build);
        MnemonicCodes.Register(table, Mnemonic.Movsx, Build);
        MnemonicCodes.Register(table, Mnemonic.Movsxd, Build);
        table[Code.Cbw] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ExtendAccumulator<byte, ushort>;
        table[Code.Cwde] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ExtendAccumulator<ushort, uint>;
        table[Code.Cdqe] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ExtendAccumulator<uint, ulong>;
        table[Code.Cwd] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SpreadSign<ushort>;
        table[Code.Cdq] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SpreadSign<uint>;
        table[Code.Cqo] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SpreadSign<ulong>;
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.RegisterMemory;
        bool signed = instruction.Mnemonic != Mnemonic.Movzx;
        op.Handler = (IntegerOperands.Size(instruction, 1), IntegerOperands.Size(instruction)) switch
        {
            (1, 2) => Pick<byte, ushort>(memory, signed),
            (1, 4) => Pick<byte, uint>(memory, signed),
            (1, _) => Pick<byte, ulong>(memory, signed),

            // MOVSXD with a 16-bit destination reads 32 bits of memory on AMD.
            (2, 2) when memory && instruction.Mnemonic == Mnemonic.Movsxd => Pick<uint, ushort>(memory, signed),
            (2, 2) => Pick<ushort, ushort>(memory, signed),
            (2, 4) => Pick<ushort, uint>(memory, signed),
            (2, _) => Pick<ushort, ulong>(memory, signed),
            (_, 2) => Pick<uint, ushort>(memory, signed),
            (_, 4) => Pick<uint, uint>(memory, signed),
            _ => Pick<uint, ulong>(memory, signed),
        };
    }

    private static delegate*<VpState*, Op*, int> Pick<TSource, TTarget>(bool memory, bool signed)
        where TSource : unmanaged
        where TTarget : unmanaged =>
        (memory, signed) switch
        {
            (true, true) => &ExtendHandlers<TMemory, TSource, TTarget>.SignMemory,
            (true, false) => &ExtendHandlers<TMemory, TSource, TTarget>.ZeroMemory,
            (false, true) => &ExtendHandlers<TMemory, TSource, TTarget>.SignRegister,
            _ => &ExtendHandlers<TMemory, TSource, TTarget>.ZeroRegister,
        };

    private static int ExtendAccumulator<TSource, TTarget>(VpState* s, Op* o)
        where TSource : unmanaged
        where TTarget : unmanaged
    {
        long value = IntegerBits.Sign(Registers.Get<TSource>(s, Registers.Rax));
        Registers.Set(s, Registers.Rax, IntegerBits.Low<TTarget>((ulong)value));
        return Status.Next;
    }

    private static int SpreadSign<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        long value = IntegerBits.Sign(Registers.Get<T>(s, Registers.Rax));
        Registers.Set(s, Registers.Rdx, IntegerBits.Low<T>((ulong)(value >> 63)));
        return Status.Next;
    }
}
