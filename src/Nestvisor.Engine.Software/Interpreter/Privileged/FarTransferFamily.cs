using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Privileged;

/// <summary>Far JMP, CALL and RET.</summary>
internal static unsafe class FarTransferFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers the family.</summary>
    public static void Register(InstructionTable<TMemory> table)
    {
        Direct(table, Code.Jmp_ptr1616, 2, call: false);
        Direct(table, Code.Jmp_ptr1632, 4, call: false);
        Direct(table, Code.Call_ptr1616, 2, call: true);
        Direct(table, Code.Call_ptr1632, 4, call: true);
        Indirect(table, Code.Jmp_m1616, 2, call: false);
        Indirect(table, Code.Jmp_m1632, 4, call: false);
        Indirect(table, Code.Jmp_m1664, 8, call: false);
        Indirect(table, Code.Call_m1616, 2, call: true);
        Indirect(table, Code.Call_m1632, 4, call: true);
        Indirect(table, Code.Call_m1664, 8, call: true);
        foreach (Code code in new[] { Code.Retfw, Code.Retfw_imm16 })
        {
            Return(table, code, 2);
        }

        foreach (Code code in new[] { Code.Retfd, Code.Retfd_imm16 })
        {
            Return(table, code, 4);
        }

        foreach (Code code in new[] { Code.Retfq, Code.Retfq_imm16 })
        {
            Return(table, code, 8);
        }
    }

    private static void Direct(InstructionTable<TMemory> table, Code code, byte size, bool call) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Size = size;
            op.Immediate = size == 2 ? i.FarBranch16 : i.FarBranch32;
            op.Extra = i.FarBranchSelector;
            op.Handler = call ? &CallDirect : &JumpDirect;
        };

    private static void Indirect(InstructionTable<TMemory> table, Code code, byte size, bool call) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Size = size;
            op.Handler = call ? &CallIndirect : &JumpIndirect;
        };

    private static void Return(InstructionTable<TMemory> table, Code code, byte size) =>
        table[code] = (in Instruction i, BlockMode m, ref Op op) =>
        {
            op.Immediate = i.OpCount != 0 ? i.Immediate16 : 0u;
            op.Handler = size switch { 2 => &Return16, 4 => &Return32, _ => &Return64 };
        };

    private static int JumpDirect(VpState* s, Op* o)
    {
        SetReturn(s, o);
        return Leave(FarCall<TMemory>.Jump(s, (ushort)o->Extra, o->Immediate));
    }

    private static int CallDirect(VpState* s, Op* o)
    {
        SetReturn(s, o);
        return Leave(FarCall<TMemory>.Call(s, (ushort)o->Extra, o->Immediate, o->Size, SystemOp.NextRip(s, o)));
    }

    private static int JumpIndirect(VpState* s, Op* o)
    {
        int status = ReadTarget(s, o, out ushort selector, out ulong offset);
        SetReturn(s, o);
        return status == Status.Next ? Leave(FarCall<TMemory>.Jump(s, selector, offset)) : status;
    }

    private static int CallIndirect(VpState* s, Op* o)
    {
        int status = ReadTarget(s, o, out ushort selector, out ulong offset);
        SetReturn(s, o);
        return status == Status.Next ? Leave(FarCall<TMemory>.Call(s, selector, offset, o->Size, SystemOp.NextRip(s, o))) : status;
    }

    private static int Return16(VpState* s, Op* o) => Leave(FarReturn<TMemory>.Return<ushort>(s, (uint)o->Immediate));

    private static int Return32(VpState* s, Op* o) => Leave(FarReturn<TMemory>.Return<uint>(s, (uint)o->Immediate));

    private static int Return64(VpState* s, Op* o) => Leave(FarReturn<TMemory>.Return<ulong>(s, (uint)o->Immediate));

    // What a task that is switched away from goes on with.
    private static void SetReturn(VpState* s, Op* o) => s->Rip = SystemOp.NextRip(s, o);

    private static int Leave(int status) => status == Status.Next ? Status.Leave : status;

    private static int ReadTarget(VpState* s, Op* o, out ushort selector, out ulong offset)
    {
        byte* raw = stackalloc byte[10];
        int status = TMemory.ReadBytes(s, o->Segment, EffectiveAddress.Offset(s, o), raw, o->Size + 2);
        selector = *(ushort*)(raw + o->Size);
        offset = o->Size switch
        {
            2 => *(ushort*)raw,
            4 => *(uint*)raw,
            _ => *(ulong*)raw,
        };
        return status;
    }
}
