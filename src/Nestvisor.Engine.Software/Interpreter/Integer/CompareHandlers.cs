using System.Numerics;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>CMPS and SCAS.</summary>
internal static unsafe class CompareHandlers<TMemory, T, TAddress>
    where TMemory : struct, IMemoryAccess
    where T : unmanaged, IBinaryInteger<T>
    where TAddress : unmanaged
{
    private const int Es = StringAccess<TAddress>.DestinationSegment;

    public static int Compare(VpState* s, Op* o)
    {
        // The order of the reads shows if both fault: Zen reads the destination first.
        int status = TMemory.ReadAt(s, Es, StringAccess<TAddress>.Get(s, Registers.Rdi), out T second);
        if (status != Status.Next)
        {
            return status;
        }

        status = TMemory.ReadAt(s, o->Segment, StringAccess<TAddress>.Get(s, Registers.Rsi), out T first);
        if (status == Status.Next)
        {
            long step = StringAccess<TAddress>.Step(s, sizeof(T));
            StringAccess<TAddress>.Advance(s, Registers.Rsi, step);
            StringAccess<TAddress>.Advance(s, Registers.Rdi, step);
            SubOperation.Apply(s, first, second);
        }

        return status;
    }

    public static int Scan(VpState* s, Op* o)
    {
        int status = TMemory.ReadAt(s, Es, StringAccess<TAddress>.Get(s, Registers.Rdi), out T value);
        if (status == Status.Next)
        {
            StringAccess<TAddress>.Advance(s, Registers.Rdi, StringAccess<TAddress>.Step(s, sizeof(T)));
            SubOperation.Apply(s, Registers.Get<T>(s, Registers.Rax), value);
        }

        return status;
    }

    public static int RepeatedCompare(VpState* s, Op* o) => Repeat(s, o, &Compare);

    public static int RepeatedScan(VpState* s, Op* o) => Repeat(s, o, &Scan);

    private static int Repeat(VpState* s, Op* o, delegate*<VpState*, Op*, int> step)
    {
        ulong count = StringAccess<TAddress>.Get(s, Registers.Rcx);
        ulong budget = StringAccess<TAddress>.Budget(s, sizeof(T));
        bool whileEqual = (o->Flags & OpFlags.Repne) == 0;
        while (count != 0)
        {
            int status = step(s, o);
            if (status != Status.Next)
            {
                return status;
            }

            StringAccess<TAddress>.SetCount(s, --count);
            if (LazyFlags.Zf(s) != whileEqual)
            {
                break;
            }

            if (count != 0 && (--budget == 0 || s->Attention != 0))
            {
                return Status.Again;
            }
        }

        return Status.Next;
    }
}
