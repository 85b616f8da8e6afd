using System.Numerics;
using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>
/// Handlers of <c>a = operation(a, b)</c> for every place that a and b can be in. One-operand instructions are those whose
/// operation ignores b.
/// </summary>
internal static unsafe class BinaryHandlers<TMemory, TOperation, T>
    where TMemory : struct, IMemoryAccess
    where TOperation : struct, IIntegerOperation
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>Fills in the operands and picks the handler.</summary>
    public static void Build(in Instruction instruction, ref Op op)
    {
        OperandShape shape = IntegerOperands.Fill(instruction, ref op);
        bool locked = (op.Flags & OpFlags.Lock) != 0;
        op.Handler = shape switch
        {
            OperandShape.RegisterRegister => &RegisterRegister,
            OperandShape.RegisterMemory => &RegisterMemory,
            OperandShape.MemoryRegister => locked ? &LockedMemoryRegister : &MemoryRegister,
            OperandShape.MemoryImmediate or OperandShape.Memory => locked ? &LockedMemoryImmediate : &MemoryImmediate,
            _ => &RegisterImmediate,
        };
    }

    private static int RegisterRegister(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register1);
        T b = Registers.Get<T>(s, o->Register2);
        T result = TOperation.Apply(s, a, b);
        if (TOperation.Writes)
        {
            Registers.Set(s, o->Register1, result);
        }

        return Status.Next;
    }

    private static int RegisterImmediate(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register1);
        T result = TOperation.Apply(s, a, IntegerBits.Low<T>(o->Immediate));
        if (TOperation.Writes)
        {
            Registers.Set(s, o->Register1, result);
        }

        return Status.Next;
    }

    private static int RegisterMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T b);
        if (status != Status.Next)
        {
            return status;
        }

        T a = Registers.Get<T>(s, o->Register1);
        T result = TOperation.Apply(s, a, b);
        if (TOperation.Writes)
        {
            Registers.Set(s, o->Register1, result);
        }

        return Status.Next;
    }

    private static int MemoryRegister(VpState* s, Op* o) => Memory(s, o, Registers.Get<T>(s, o->Register1));

    private static int MemoryImmediate(VpState* s, Op* o) => Memory(s, o, IntegerBits.Low<T>(o->Immediate));

    private static int LockedMemoryRegister(VpState* s, Op* o) => LockedMemory(s, o, Registers.Get<T>(s, o->Register1));

    private static int LockedMemoryImmediate(VpState* s, Op* o) => LockedMemory(s, o, IntegerBits.Low<T>(o->Immediate));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Memory(VpState* s, Op* o, T b)
    {
        if (!TOperation.Writes)
        {
            int status = TMemory.Read(s, o, out T a);
            if (status == Status.Next)
            {
                TOperation.Apply(s, a, b);
            }

            return status;
        }
        else
        {
            int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
            if (status != Status.Next)
            {
                return status;
            }

            T* pointer = (T*)target.Pointer;
            *pointer = TOperation.Apply(s, *pointer, b);
            TMemory.EndModify(s, ref target);
            return Status.Next;
        }
    }

    private static int LockedMemory(VpState* s, Op* o, T b) => LockedOperation<TMemory, TOperation, T>.Run(s, o, b);
}
