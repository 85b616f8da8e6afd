using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>SETcc.</summary>
internal static unsafe class SetHandlers<TMemory, TCondition>
    where TMemory : struct, IMemoryAccess
    where TCondition : struct, ICondition
{
    public static void Build(in Instruction instruction, BlockMode mode, ref Op op) =>
        op.Handler = IntegerOperands.Fill(instruction, ref op) == OperandShape.Memory ? &Memory : &Register;

    private static int Register(VpState* s, Op* o)
    {
        Registers.Set(s, o->Register1, (byte)(TCondition.Holds(s) ? 1 : 0));
        return Status.Next;
    }

    private static int Memory(VpState* s, Op* o) => TMemory.Write(s, o, (byte)(TCondition.Holds(s) ? 1 : 0));
}
