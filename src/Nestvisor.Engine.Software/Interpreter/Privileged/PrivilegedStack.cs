using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>The running code's stack.</summary>
internal static unsafe class PrivilegedStack<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int StackSegment = 2;

    /// <summary>Pushes a value; RSP moves only if the write succeeds.</summary>
    public static int Push<T>(VpState* s, T value)
        where T : unmanaged
    {
        ulong rsp = Move(s, s->Gpr[4], -sizeof(T));
        int status = TMemory.WriteAt(s, StackSegment, rsp & s->StackMask, value);
        if (status == Status.Next)
        {
            s->Gpr[4] = rsp;
        }

        return status;
    }

    /// <summary>Reads a value at the given stack pointer and moves that on. RSP itself is the caller's to set.</summary>
    public static int Pop<T>(VpState* s, ref ulong rsp, out T value)
        where T : unmanaged
    {
        int status = TMemory.ReadAt(s, StackSegment, rsp & s->StackMask, out value);
        rsp = Move(s, rsp, sizeof(T));
        return status;
    }

    /// <summary>Moves a stack pointer: only the bits of the stack's size change, and a 32-bit one clears the upper half.</summary>
    public static ulong Move(VpState* s, ulong rsp, long by)
    {
        ulong moved = rsp + (ulong)by;
        return s->StackMask switch
        {
            ulong.MaxValue => moved,
            uint.MaxValue => (uint)moved,
            _ => (rsp & ~0xFFFFUL) | (moved & 0xFFFF),
        };
    }
}
