using System.Numerics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>XCHG, XADD and CMPXCHG for one operand size. XCHG with memory is locked with or without the prefix.</summary>
internal static unsafe class ExchangeHandlers<TMemory, T>
    where TMemory : struct, IMemoryAccess
    where T : unmanaged, IBinaryInteger<T>
{
    public static int ExchangeRegisters(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register1);
        Registers.Set(s, o->Register1, Registers.Get<T>(s, o->Register2));
        Registers.Set(s, o->Register2, a);
        return Status.Next;
    }

    public static int ExchangeMemory(VpState* s, Op* o)
    {
        int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        T* pointer = (T*)target.Pointer;
        T value = Registers.Get<T>(s, o->Register1);
        T before;
        if (target.Direct)
        {
            before = Interlocked.Exchange(ref *pointer, value);
        }
        else
        {
            before = *pointer;
            *pointer = value;
        }

        TMemory.EndModify(s, ref target);
        Registers.Set(s, o->Register1, before);
        return Status.Next;
    }

    public static int AddRegisters(VpState* s, Op* o)
    {
        T a = Registers.Get<T>(s, o->Register1);
        T b = Registers.Get<T>(s, o->Register2);
        T sum = AddOperation.Apply(s, a, b);
        Registers.Set(s, o->Register2, a);
        Registers.Set(s, o->Register1, sum);
        return Status.Next;
    }

    public static int AddMemory(VpState* s, Op* o)
    {
        int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        T* pointer = (T*)target.Pointer;
        T b = Registers.Get<T>(s, o->Register1);
        T a = *pointer;
        if (target.Direct && (o->Flags & OpFlags.Lock) != 0)
        {
            T seen;
            while ((seen = Interlocked.CompareExchange(ref *pointer, a + b, a)) != a)
            {
                a = seen;
            }
        }
        else
        {
            *pointer = a + b;
        }

        AddOperation.Apply(s, a, b);
        TMemory.EndModify(s, ref target);
        Registers.Set(s, o->Register1, a);
        return Status.Next;
    }

    public static int CompareRegisters(VpState* s, Op* o)
    {
        T accumulator = Registers.Get<T>(s, Registers.Rax);
        T destination = Registers.Get<T>(s, o->Register1);
        T source = Registers.Get<T>(s, o->Register2);
        SubOperation.Apply(s, accumulator, destination);
        if (accumulator == destination)
        {
            Registers.Set(s, o->Register1, source);
        }
        else
        {
            Registers.Set(s, Registers.Rax, destination);
        }

        return Status.Next;
    }

    /// <summary>The destination is written in any case, with its old value if the comparison fails (AMD APM vol. 3, "CMPXCHG").</summary>
    public static int CompareMemory(VpState* s, Op* o)
    {
        int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        T* pointer = (T*)target.Pointer;
        T accumulator = Registers.Get<T>(s, Registers.Rax);
        T source = Registers.Get<T>(s, o->Register1);
        T destination;
        if (target.Direct && (o->Flags & OpFlags.Lock) != 0)
        {
            destination = Interlocked.CompareExchange(ref *pointer, source, accumulator);
        }
        else
        {
            destination = *pointer;
            if (destination == accumulator)
            {
                *pointer = source;
            }
        }

        SubOperation.Apply(s, accumulator, destination);
        TMemory.EndModify(s, ref target);
        if (accumulator != destination)
        {
            Registers.Set(s, Registers.Rax, destination);
        }

        return Status.Next;
    }
}
