using System.Runtime.CompilerServices;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Width of the stack pointer.</summary>
internal unsafe interface IStackWidth
{
    static abstract ulong Mask(VpState* s);
}

/// <summary>The stack of 64-bit mode.</summary>
internal readonly unsafe struct LongStack : IStackWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask(VpState* s) => ulong.MaxValue;
}

/// <summary>The stack of other modes: SP or ESP, as SS says.</summary>
internal readonly unsafe struct LegacyStack : IStackWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mask(VpState* s) => s->StackMask;
}

/// <summary>Stack operands.</summary>
internal static unsafe class StackAccess<TMemory, TStack>
    where TMemory : struct, IMemoryAccess
    where TStack : struct, IStackWidth
{
    /// <summary>Segment number of SS.</summary>
    public const int Segment = 2;

    private const int Rsp = Registers.Rsp / 8;

    /// <summary>Pushes; nothing is changed on a fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Push<T>(VpState* s, T value)
        where T : unmanaged
    {
        ulong pointer = s->Gpr[Rsp] - (ulong)sizeof(T);
        int status = TMemory.WriteAt(s, Segment, pointer & TStack.Mask(s), value);
        if (status == Status.Next)
        {
            SetPointer(s, pointer);
        }

        return status;
    }

    /// <summary>Whether a push would fault.</summary>
    public static int ProbePush(VpState* s, int size) =>
        TMemory.ProbeWrite(s, Segment, (s->Gpr[Rsp] - (ulong)size) & TStack.Mask(s), size);

    /// <summary>Reads the top of the stack without popping it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Peek<T>(VpState* s, out T value)
        where T : unmanaged =>
        TMemory.ReadAt(s, Segment, s->Gpr[Rsp] & TStack.Mask(s), out value);

    /// <summary>Moves the stack pointer up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(VpState* s, ulong bytes) => SetPointer(s, s->Gpr[Rsp] + bytes);

    /// <summary>Sets as much of RSP as the stack is wide; a 32-bit one clears the upper half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetPointer(VpState* s, ulong pointer)
    {
        ulong mask = TStack.Mask(s);
        s->Gpr[Rsp] = mask == 0xFFFF ? (s->Gpr[Rsp] & ~mask) | (pointer & mask) : pointer & mask;
    }
}
