using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>ENTER, PUSHA and POPA: several stack slots at once.</summary>
internal static unsafe class FrameFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const int Segment = 2;
    private const int Rsp = Registers.Rsp / 8;
    private const int Rbp = Registers.Rbp / 8;

    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Enterw_imm16_imm8] = BuildEnter<ushort>;
        table[Code.Enterd_imm16_imm8] = BuildEnter<uint>;
        table[Code.Enterq_imm16_imm8] = BuildEnter<ulong>;
        table[Code.Pushaw] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &PushAll<ushort>;
        table[Code.Pushad] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &PushAll<uint>;
        table[Code.Popaw] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &PopAll<ushort>;
        table[Code.Popad] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &PopAll<uint>;
    }

    private static void BuildEnter<T>(in Instruction instruction, BlockMode mode, ref Op op)
        where T : unmanaged
    {
        op.Immediate = instruction.Immediate16;
        op.Size = (byte)(instruction.Immediate8_2nd & 31);
        op.Handler = &Enter<T>;
    }

    /// <summary>
    /// The slots are written one after another below the stack pointer, and stay written if a later one faults, as on Zen.
    /// </summary>
    private static int Enter<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong mask = s->StackMask;
        ulong size = (ulong)sizeof(T);
        int level = o->Size;
        ulong pointer = s->Gpr[Rsp];
        ulong frame = pointer - size;
        ulong outer = s->Gpr[Rbp];
        pointer = frame;
        int status = TMemory.WriteAt(s, Segment, pointer & mask, IntegerBits.Low<T>(outer));
        for (int i = 1; i < level && status == Status.Next; i++)
        {
            outer -= size;
            status = TMemory.ReadAt(s, Segment, outer & mask, out T link);
            if (status == Status.Next)
            {
                pointer -= size;
                status = TMemory.WriteAt(s, Segment, pointer & mask, link);
            }
        }

        if (level > 0 && status == Status.Next)
        {
            pointer -= size;
            status = TMemory.WriteAt(s, Segment, pointer & mask, IntegerBits.Low<T>(frame));
        }

        if (status == Status.Next)
        {
            status = TMemory.ProbeWrite(s, Segment, (pointer - o->Immediate) & mask, sizeof(T));
        }

        if (status != Status.Next)
        {
            return status;
        }

        Registers.Set(s, Registers.Rbp, IntegerBits.Low<T>(frame));
        StackAccess<TMemory, LegacyStack>.SetPointer(s, pointer - o->Immediate);
        return Status.Next;
    }

    private static int PushAll<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong mask = s->StackMask;
        ulong size = (ulong)sizeof(T);
        ulong pointer = s->Gpr[Rsp];
        for (ulong i = 1; i <= 8; i++)
        {
            int status = TMemory.ProbeWrite(s, Segment, (pointer - (i * size)) & mask, sizeof(T));
            if (status != Status.Next)
            {
                return status;
            }
        }

        for (int i = 0; i < 8; i++)
        {
            pointer -= size;
            TMemory.WriteAt(s, Segment, pointer & mask, Registers.Get<T>(s, i * 8));
        }

        StackAccess<TMemory, LegacyStack>.SetPointer(s, pointer);
        return Status.Next;
    }

    private static int PopAll<T>(VpState* s, Op* o)
        where T : unmanaged
    {
        ulong mask = s->StackMask;
        ulong pointer = s->Gpr[Rsp];
        T* values = stackalloc T[8];
        for (int i = 7; i >= 0; i--)
        {
            int status = TMemory.ReadAt(s, Segment, pointer & mask, out values[i]);
            if (status != Status.Next)
            {
                return status;
            }

            pointer += (ulong)sizeof(T);
        }

        StackAccess<TMemory, LegacyStack>.SetPointer(s, pointer);
        for (int i = 0; i < 8; i++)
        {
            if (i != Rsp)
            {
                Registers.Set(s, i * 8, values[i]);
            }
        }

        return Status.Next;
    }
}
