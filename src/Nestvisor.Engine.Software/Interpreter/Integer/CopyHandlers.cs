using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>MOVS, STOS and LODS.</summary>
internal static unsafe class CopyHandlers<TMemory, T, TAddress>
    where TMemory : struct, IMemoryAccess
    where T : unmanaged
    where TAddress : unmanaged
{
    private const int Es = StringAccess<TAddress>.DestinationSegment;

    public static int Move(VpState* s, Op* o)
    {
        int status = TMemory.ReadAt(s, o->Segment, StringAccess<TAddress>.Get(s, Registers.Rsi), out T value);
        if (status != Status.Next)
        {
            return status;
        }

        status = TMemory.WriteAt(s, Es, StringAccess<TAddress>.Get(s, Registers.Rdi), value);
        if (status == Status.Next)
        {
            long step = StringAccess<TAddress>.Step(s, sizeof(T));
            StringAccess<TAddress>.Advance(s, Registers.Rsi, step);
            StringAccess<TAddress>.Advance(s, Registers.Rdi, step);
        }

        return status;
    }

    public static int Store(VpState* s, Op* o)
    {
        int status = TMemory.WriteAt(s, Es, StringAccess<TAddress>.Get(s, Registers.Rdi), Registers.Get<T>(s, Registers.Rax));
        if (status == Status.Next)
        {
            StringAccess<TAddress>.Advance(s, Registers.Rdi, StringAccess<TAddress>.Step(s, sizeof(T)));
        }

        return status;
    }

    public static int Load(VpState* s, Op* o)
    {
        int status = TMemory.ReadAt(s, o->Segment, StringAccess<TAddress>.Get(s, Registers.Rsi), out T value);
        if (status == Status.Next)
        {
            StringAccess<TAddress>.Advance(s, Registers.Rsi, StringAccess<TAddress>.Step(s, sizeof(T)));
            Registers.Set(s, Registers.Rax, value);
        }

        return status;
    }

    public static int RepeatedMove(VpState* s, Op* o)
    {
        ulong count = StringAccess<TAddress>.Get(s, Registers.Rcx);
        ulong budget = StringAccess<TAddress>.Budget(s, sizeof(T));
        while (count != 0)
        {
            ulong done = 1;
            int status = StringAccess<TAddress>.Backward(s) ? Status.Next : MoveRun(s, o, Math.Min(count, budget), out done);
            if (status == Status.Next && (done == 0 || StringAccess<TAddress>.Backward(s)))
            {
                status = Move(s, o);
                done = 1;
            }

            if (status != Status.Next)
            {
                return status;
            }

            count -= done;
            StringAccess<TAddress>.SetCount(s, count);
            budget -= done;
            if (count != 0 && (budget == 0 || s->Attention != 0))
            {
                return Status.Again;
            }
        }

        return Status.Next;
    }

    public static int RepeatedStore(VpState* s, Op* o)
    {
        ulong count = StringAccess<TAddress>.Get(s, Registers.Rcx);
        ulong budget = StringAccess<TAddress>.Budget(s, sizeof(T));
        while (count != 0)
        {
            ulong done = 1;
            int status = StringAccess<TAddress>.Backward(s) ? Status.Next : StoreRun(s, Math.Min(count, budget), out done);
            if (status == Status.Next && (done == 0 || StringAccess<TAddress>.Backward(s)))
            {
                status = Store(s, o);
                done = 1;
            }

            if (status != Status.Next)
            {
                return status;
            }

            count -= done;
            StringAccess<TAddress>.SetCount(s, count);
            budget -= done;
            if (count != 0 && (budget == 0 || s->Attention != 0))
            {
                return Status.Again;
            }
        }

        return Status.Next;
    }

    public static int RepeatedLoad(VpState* s, Op* o)
    {
        ulong count = StringAccess<TAddress>.Get(s, Registers.Rcx);
        ulong budget = StringAccess<TAddress>.Budget(s, sizeof(T));
        while (count != 0)
        {
            int status = Load(s, o);
            if (status != Status.Next)
            {
                return status;
            }

            StringAccess<TAddress>.SetCount(s, --count);
            if (count != 0 && (--budget == 0 || s->Attention != 0))
            {
                return Status.Again;
            }
        }

        return Status.Next;
    }

    /// <summary>Moves what lies in one page on both sides; zero elements if that way is closed.</summary>
    private static int MoveRun(VpState* s, Op* o, ulong limit, out ulong done)
    {
        done = 0;
        ulong from = StringAccess<TAddress>.Get(s, Registers.Rsi);
        ulong to = StringAccess<TAddress>.Get(s, Registers.Rdi);
        int status = TMemory.FindRun(s, o->Segment, from, false, out byte* source, out int sourceBytes);
        if (status != Status.Next || sourceBytes < sizeof(T))
        {
            return status;
        }

        status = TMemory.FindRun(s, Es, to, true, out byte* target, out int targetBytes);
        if (status != Status.Next || targetBytes < sizeof(T))
        {
            return status;
        }

        ulong elements = Math.Min(limit, (ulong)(Math.Min(sourceBytes, targetBytes) / sizeof(T)));
        elements = WithinAddressSize(WithinAddressSize(elements, from), to);
        nuint bytes = (nuint)elements * (nuint)sizeof(T);
        if ((nuint)(target - source) < bytes)
        {
            // The destination starts inside the source: the pattern repeats, element by element.
            for (nuint i = 0; i < bytes; i += (nuint)sizeof(T))
            {
                *(T*)(target + i) = *(T*)(source + i);
            }
        }
        else
        {
            NativeMemory.Copy(source, target, bytes);
        }

        StringAccess<TAddress>.Advance(s, Registers.Rsi, (long)bytes);
        StringAccess<TAddress>.Advance(s, Registers.Rdi, (long)bytes);
        done = elements;
        return Status.Next;
    }

    private static int StoreRun(VpState* s, ulong limit, out ulong done)
    {
        done = 0;
        ulong to = StringAccess<TAddress>.Get(s, Registers.Rdi);
        int status = TMemory.FindRun(s, Es, to, true, out byte* target, out int targetBytes);
        if (status != Status.Next || targetBytes < sizeof(T))
        {
            return status;
        }

        ulong elements = WithinAddressSize(Math.Min(limit, (ulong)(targetBytes / sizeof(T))), to);
        new Span<T>(target, (int)elements).Fill(Registers.Get<T>(s, Registers.Rax));
        StringAccess<TAddress>.Advance(s, Registers.Rdi, (long)elements * sizeof(T));
        done = elements;
        return Status.Next;
    }

    /// <summary>A run ends where a 16- or 32-bit index would wrap; the element across it goes the slow way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong WithinAddressSize(ulong elements, ulong offset)
    {
        if (sizeof(TAddress) == 8)
        {
            return elements;
        }

        ulong room = (1UL << (sizeof(TAddress) * 8)) - offset;
        return Math.Min(elements, room / (ulong)sizeof(T));
    }
}
