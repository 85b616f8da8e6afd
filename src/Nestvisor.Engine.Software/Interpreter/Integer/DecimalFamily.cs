using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>AAA, AAS, AAD, AAM, DAA, DAS: decimal arithmetic of 16- and 32-bit code (AMD APM vol. 3).</summary>
internal static unsafe class DecimalFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Aaa] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &AsciiAdd;
        table[Code.Aas] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &AsciiSubtract;
        table[Code.Daa] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &DecimalAdd;
        table[Code.Das] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &DecimalSubtract;
        table[Code.Aad_imm8] = static (in Instruction instruction, BlockMode _, ref Op op) =>
        {
            op.Immediate = instruction.Immediate8;
            op.Handler = &AsciiDivide;
        };
        table[Code.Aam_imm8] = static (in Instruction instruction, BlockMode _, ref Op op) =>
        {
            op.Immediate = instruction.Immediate8;
            op.Handler = &AsciiMultiply;
        };
    }

    private static int AsciiAdd(VpState* s, Op* o) => AsciiAdjust(s, 0x106);

    private static int AsciiSubtract(VpState* s, Op* o) => AsciiAdjust(s, -0x106);

    private static int AsciiAdjust(VpState* s, int correction)
    {
        int ax = (ushort)s->Gpr[0];
        bool adjust = (ax & 0xF) > 9 || LazyFlags.Af(s);
        if (adjust)
        {
            ax += correction;
        }

        Registers.Set(s, Registers.Rax, (ushort)(ax & 0xFF0F));
        LazyFlags.SetResult(s, (byte)(ax & 0xF), adjust, false, adjust);
        return Status.Next;
    }

    private static int DecimalAdd(VpState* s, Op* o)
    {
        int al = (byte)s->Gpr[0];
        bool cf = LazyFlags.Cf(s);
        bool low = (al & 0xF) > 9 || LazyFlags.Af(s);
        bool high = al > 0x99 || cf;
        byte result = (byte)(al + (low ? 6 : 0) + (high ? 0x60 : 0));
        Registers.Set(s, Registers.Rax, result);
        LazyFlags.SetResult(s, result, high, false, low);
        return Status.Next;
    }

    private static int DecimalSubtract(VpState* s, Op* o)
    {
        int al = (byte)s->Gpr[0];
        bool cf = LazyFlags.Cf(s);
        bool low = (al & 0xF) > 9 || LazyFlags.Af(s);
        bool high = al > 0x99 || cf;
        byte result = (byte)(al - (low ? 6 : 0) - (high ? 0x60 : 0));
        bool borrow = high || (low && al < 6);
        Registers.Set(s, Registers.Rax, result);
        LazyFlags.SetResult(s, result, borrow, false, low);
        return Status.Next;
    }

    private static int AsciiDivide(VpState* s, Op* o)
    {
        int ax = (ushort)s->Gpr[0];
        byte result = (byte)((ax & 0xFF) + ((ax >> 8) * (byte)o->Immediate));
        Registers.Set(s, Registers.Rax, (ushort)result);
        LazyFlags.SetLogic(s, result);
        return Status.Next;
    }

    private static int AsciiMultiply(VpState* s, Op* o)
    {
        int al = (byte)s->Gpr[0];
        int by = (byte)o->Immediate;
        if (by == 0)
        {
            return Fault.DivideError(s);
        }

        byte result = (byte)(al % by);
        Registers.Set(s, Registers.Rax, (ushort)(((al / by) << 8) | result));
        LazyFlags.SetLogic(s, result);
        return Status.Next;
    }
}
