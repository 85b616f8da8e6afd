using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC.</summary>
internal static unsafe class FlagFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    private const ulong LowFlags = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF;

    public static void Register(InstructionTable<TMemory> table)
    {
        table[Code.Clc] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ClearCarry;
        table[Code.Stc] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SetCarry;
        table[Code.Cmc] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ComplementCarry;
        table[Code.Cld] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &ClearDirection;
        table[Code.Std] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SetDirection;
        table[Code.Lahf] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &LoadFlags;
        table[Code.Salc] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &SetAlFromCarry;
        table[Code.Sahf] = static (in Instruction _, BlockMode _, ref Op op) => op.Handler = &StoreFlags;
    }

    private static int ClearCarry(VpState* s, Op* o)
    {
        IntegerFlags.SetCarry(s, 0);
        return Status.Next;
    }

    private static int SetCarry(VpState* s, Op* o)
    {
        IntegerFlags.SetCarry(s, 1);
        return Status.Next;
    }

    private static int ComplementCarry(VpState* s, Op* o)
    {
        IntegerFlags.SetCarry(s, IntegerFlags.Carry(s) ^ 1);
        return Status.Next;
    }

    private static int ClearDirection(VpState* s, Op* o)
    {
        s->SystemFlags &= ~Rflags.DF;
        return Status.Next;
    }

    private static int SetDirection(VpState* s, Op* o)
    {
        s->SystemFlags |= Rflags.DF;
        return Status.Next;
    }

    private static int LoadFlags(VpState* s, Op* o)
    {
        Registers.Set(s, Registers.Rax + 1, (byte)((LazyFlags.Read(s) & LowFlags) | Rflags.Always1));
        return Status.Next;
    }

    // Opcode D6h, in 16- and 32-bit code; never documented by AMD, but in every processor since the 8086.
    private static int SetAlFromCarry(VpState* s, Op* o)
    {
        Registers.Set(s, Registers.Rax, (byte)(IntegerFlags.Carry(s) != 0 ? 0xFF : 0));
        return Status.Next;
    }

    private static int StoreFlags(VpState* s, Op* o)
    {
        ulong flags = LazyFlags.Of(s) ? Rflags.OF : 0;
        LazyFlags.WriteArithmetic(s, flags | (Registers.Get<byte>(s, Registers.Rax + 1) & LowFlags));
        return Status.Next;
    }
}
