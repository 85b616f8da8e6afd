using System.Numerics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>A read-modify-write under LOCK: a compare-exchange loop on guest RAM, so that it is atomic for other processors.</summary>
internal static unsafe class LockedOperation<TMemory, TOperation, T>
    where TMemory : struct, IMemoryAccess
    where TOperation : struct, IIntegerOperation
    where T : unmanaged, IBinaryInteger<T>
{
    public static int Run(VpState* s, Op* o, T b)
    {
        int status = TMemory.BeginModify<T>(s, o, out ModifyTarget target);
        if (status != Status.Next)
        {
            return status;
        }

        T* pointer = (T*)target.Pointer;
        if (target.Direct)
        {
            ulong flagsResult = s->FlagsResult;
            ulong flagsAux = s->FlagsAux;
            T seen = *pointer;
            while (true)
            {
                T result = TOperation.Apply(s, seen, b);
                T before = Interlocked.CompareExchange(ref *pointer, result, seen);
                if (before == seen)
                {
                    break;
                }

                // ADC, SBB, RCL and RCR read the flags: each attempt starts from those before the instruction.
                seen = before;
                s->FlagsResult = flagsResult;
                s->FlagsAux = flagsAux;
            }
        }
        else
        {
            *pointer = TOperation.Apply(s, *pointer, b);
        }

        TMemory.EndModify(s, ref target);
        return Status.Next;
    }
}
