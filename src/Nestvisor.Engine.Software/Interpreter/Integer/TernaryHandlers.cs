using System.Numerics;
using Iced.Intel;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Handlers of <c>register = operation(a, b)</c> with three operands; at most one of the sources is memory.</summary>
internal static unsafe class TernaryHandlers<TMemory, TOperation, T>
    where TMemory : struct, IMemoryAccess
    where TOperation : struct, IIntegerOperation
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>Fills in the operands and picks the handler.</summary>
    public static void Build(in Instruction instruction, ref Op op)
    {
        IntegerOperands.Fill(instruction, ref op);
        bool second = IntegerOperands.IsMemory(instruction, 1);
        bool third = IntegerOperands.IsMemory(instruction, 2);
        bool register = instruction.GetOpKind(2) == OpKind.Register;
        op.Handler = (second, third, register) switch
        {
            (true, _, true) => &MemoryRegister,
            (true, _, false) => &MemoryImmediate,
            (false, true, _) => &RegisterMemory,
            (false, false, true) => &RegisterRegister,
            _ => &RegisterImmediate,
        };
    }

    private static int RegisterRegister(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register2);
        T b = Registers.Get<T>(s, o->Register3);
        Registers.Set(s, o->Register1, TOperation.Apply(s, a, b));
        return Status.Next;
    }

    private static int RegisterImmediate(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register2);
        Registers.Set(s, o->Register1, TOperation.Apply(s, a, IntegerBits.Low<T>(o->Immediate)));
        return Status.Next;
    }

    private static int RegisterMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T b);
        if (status == Status.Next)
        {
            T a = Registers.Get<T>(s, o->Register2);
            Registers.Set(s, o->Register1, TOperation.Apply(s, a, b));
        }

        return status;
    }

    private static int MemoryRegister(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T a);
        if (status == Status.Next)
        {
            T b = Registers.Get<T>(s, o->Register2);
            Registers.Set(s, o->Register1, TOperation.Apply(s, a, b));
        }

        return status;
    }

    private static int MemoryImmediate(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T a);
        if (status == Status.Next)
        {
            Registers.Set(s, o->Register1, TOperation.Apply(s, a, IntegerBits.Low<T>(o->Immediate)));
        }

        return status;
    }
}
