using System.Runtime.CompilerServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>
/// Near branches without memory operands. The type parameter is the width of the instruction pointer that the branch sets:
/// 16, 32 or 64 bits.
/// </summary>
internal static unsafe class NearBranches
{
    /// <summary>Jcc.</summary>
    public static void BuildConditional<TCondition>(in Instruction instruction, BlockMode mode, ref Op op)
        where TCondition : struct, ICondition
    {
        op.Handler = FillTarget(instruction, mode, ref op) switch
        {
            2 => &Conditional<TCondition, ushort>,
            4 => &Conditional<TCondition, uint>,
            _ => &Conditional<TCondition, ulong>,
        };
    }

    /// <summary>JMP with a displacement.</summary>
    public static void BuildJump(in Instruction instruction, BlockMode mode, ref Op op)
    {
        op.Handler = FillTarget(instruction, mode, ref op) switch
        {
            2 => &Jump<ushort>,
            4 => &Jump<uint>,
            _ => &Jump<ulong>,
        };
    }

    /// <summary>
    /// Puts the target, relative to the block, into the displacement and the mask of the instruction pointer of the code into the
    /// address mask; returns the bytes of the instruction pointer that the branch sets.
    /// </summary>
    public static int FillTarget(in Instruction instruction, BlockMode mode, ref Op op)
    {
        op.Displacement = instruction.NearBranchTarget - (instruction.IP - op.Offset);
        op.AddressMask = mode.Bitness == 64 ? ulong.MaxValue : uint.MaxValue;
        return instruction.Op0Kind switch
        {
            OpKind.NearBranch16 => 2,
            OpKind.NearBranch32 => 4,
            _ => 8,
        };
    }

    /// <summary>RIP of the next instruction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong NextRip<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong next = s->BlockRip + o->Offset + o->Length;
        return sizeof(T) == 8 ? next : next & o->AddressMask;
    }

    /// <summary>Target of a direct branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Target<T>(VpState* s, Op* o)
        where T : unmanaged =>
        IntegerBits.Zero(IntegerBits.Low<T>(s->BlockRip + o->Displacement));

    /// <summary>Whether a target is canonical in 64-bit mode, or within the limit of CS elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsValid<T>(VpState* s, ulong target)
        where T : unmanaged
    {
        if (sizeof(T) == 8)
        {
            return (ulong)((long)(target << 16) >> 16) == target;
        }

        // A 16-bit branch exists in 64-bit mode too (AMD), where the limit does not count.
        return target <= s->Cs.Limit || (s->Mode & BlockMode.CodeSizeMask) == 2;
    }

    /// <summary>Goes to a target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Go<T>(VpState* s, ulong target)
        where T : unmanaged
    {
        if (!IsValid<T>(s, target))
        {
            return Fault.GeneralProtection(s, 0);
        }

        s->Rip = target;
        return Status.Branch;
    }

    private static int Conditional<TCondition, T>(VpState* s, Op* o)
        where TCondition : struct, ICondition
        where T : unmanaged
    {
        if (TCondition.Holds(s))
        {
            return Go<T>(s, Target<T>(s, o));
        }

        if ((o->Flags & OpFlags.GoesOn) != 0)
        {
            return Status.Next;
        }

        s->Rip = NextRip<T>(s, o);
        return Status.Branch;
    }

    private static int Jump<T>(VpState* s, Op* o)
        where T : unmanaged =>
        Go<T>(s, Target<T>(s, o));
}
