using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>PUSH, POP, LEAVE, and the near calls and returns, for one operand size.</summary>
internal static unsafe class StackHandlers<TMemory, TStack, T>
    where TMemory : struct, IMemoryAccess
    where TStack : struct, IStackWidth
    where T : unmanaged
{
    public static int PushRegister(VpState* s, Op* o) =>
        StackAccess<TMemory, TStack>.Push(s, Registers.Get<T>(s, o->Register1));

    public static int PushImmediate(VpState* s, Op* o) =>
        StackAccess<TMemory, TStack>.Push(s, IntegerBits.Low<T>(o->Immediate));

    public static int PushMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T value);
        return status == Status.Next ? StackAccess<TMemory, TStack>.Push(s, value) : status;
    }

    public static int PopRegister(VpState* s, Op* o)
    {
        int status = StackAccess<TMemory, TStack>.Peek(s, out T value);
        if (status == Status.Next)
        {
            // POP RSP: the popped value wins.
            StackAccess<TMemory, TStack>.Release(s, (ulong)sizeof(T));
            Registers.Set(s, o->Register1, value);
        }

        return status;
    }

    /// <summary>An address that uses RSP is formed after RSP was raised (AMD APM vol. 3, "POP").</summary>
    public static int PopMemory(VpState* s, Op* o)
    {
        int status = StackAccess<TMemory, TStack>.Peek(s, out T value);
        if (status != Status.Next)
        {
            return status;
        }

        ulong before = s->Gpr[Registers.Rsp / 8];
        StackAccess<TMemory, TStack>.Release(s, (ulong)sizeof(T));
        status = TMemory.Write(s, o, value);
        if (status != Status.Next)
        {
            s->Gpr[Registers.Rsp / 8] = before;
        }

        return status;
    }

    public static int Leave(VpState* s, Op* o)
    {
        ulong frame = s->Gpr[Registers.Rbp / 8];
        int status = TMemory.ReadAt(s, StackAccess<TMemory, TStack>.Segment, frame & TStack.Mask(s), out T value);
        if (status == Status.Next)
        {
            StackAccess<TMemory, TStack>.SetPointer(s, frame + (ulong)sizeof(T));
            Registers.Set(s, Registers.Rbp, value);
        }

        return status;
    }

    public static int CallDirect(VpState* s, Op* o) =>
        Call(s, NearBranches.Target<T>(s, o), NearBranches.NextRip<T>(s, o));

    public static int CallRegister(VpState* s, Op* o) =>
        Call(s, IntegerBits.Zero(Registers.Get<T>(s, o->Register1)), s->BlockRip + o->Offset + o->Length);

    public static int CallMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T target);
        return status == Status.Next ? Call(s, IntegerBits.Zero(target), s->BlockRip + o->Offset + o->Length) : status;
    }

    public static int JumpRegister(VpState* s, Op* o) =>
        NearBranches.Go<T>(s, IntegerBits.Zero(Registers.Get<T>(s, o->Register1)));

    public static int JumpMemory(VpState* s, Op* o)
    {
        int status = TMemory.Read(s, o, out T target);
        return status == Status.Next ? NearBranches.Go<T>(s, IntegerBits.Zero(target)) : status;
    }

    /// <summary>RET; the immediate is the number of bytes of arguments.</summary>
    public static int Return(VpState* s, Op* o)
    {
        int status = StackAccess<TMemory, TStack>.Peek(s, out T value);
        if (status != Status.Next)
        {
            return status;
        }

        status = NearBranches.Go<T>(s, IntegerBits.Zero(value));
        if (status == Status.Branch)
        {
            StackAccess<TMemory, TStack>.Release(s, (ulong)sizeof(T) + o->Immediate);
        }

        return status;
    }

    private static int Call(VpState* s, ulong target, ulong next)
    {
        if (!NearBranches.IsValid<T>(s, target))
        {
            // A fault of the push comes first, as on Zen.
            int probe = StackAccess<TMemory, TStack>.ProbePush(s, sizeof(T));
            return probe == Status.Next ? Fault.GeneralProtection(s, 0) : probe;
        }

        int status = StackAccess<TMemory, TStack>.Push(s, IntegerBits.Low<T>(next));
        if (status != Status.Next)
        {
            return status;
        }

        s->Rip = target;
        return Status.Branch;
    }
}
