using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>BSF and BSR: a zero source leaves all of the destination alone, the upper half too.</summary>
internal static unsafe class ScanFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        MnemonicCodes.Register(table, Mnemonic.Bsf, Build<BsfOperation>);
        MnemonicCodes.Register(table, Mnemonic.Bsr, Build<BsrOperation>);
    }

    private static void Build<TOperation>(in Instruction instruction, BlockMode mode, ref Op op)
        where TOperation : struct, IIntegerOperation
    {
        bool memory = IntegerOperands.Fill(instruction, ref op) == OperandShape.RegisterMemory;
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            2 => memory ? &OnMemory<TOperation, ushort> : &OnRegister<TOperation, ushort>,
            4 => memory ? &OnMemory<TOperation, uint> : &OnRegister<TOperation, uint>,
            _ => memory ? &OnMemory<TOperation, ulong> : &OnRegister<TOperation, ulong>,
        };
    }

    private static int OnRegister<TOperation, T>(VpState* s, Op* o)
        where TOperation : struct, IIntegerOperation
        where T : unmanaged, IBinaryInteger<T> =>
        Scan<TOperation, T>(s, o, Registers.Get<T>(s, o->Register2));

    private static int OnMemory<TOperation, T>(VpState* s, Op* o)
        where TOperation : struct, IIntegerOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        int status = TMemory.Read(s, o, out T source);
        return status == Status.Next ? Scan<TOperation, T>(s, o, source) : status;
    }

    private static int Scan<TOperation, T>(VpState* s, Op* o, T source)
        where TOperation : struct, IIntegerOperation
        where T : unmanaged, IBinaryInteger<T>
    {
        T result = TOperation.Apply(s, T.Zero, source);
        if (source != T.Zero)
        {
            Registers.Set(s, o->Register1, result);
        }

        return Status.Next;
    }
}
