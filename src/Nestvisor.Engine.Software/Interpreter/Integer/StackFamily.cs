using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>PUSH and POP of general registers, memory and immediates; LEAVE; near CALL, JMP and RET.</summary>
internal static unsafe class StackFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    public static void Register(InstructionTable<TMemory> table)
    {
        foreach (Code code in (ReadOnlySpan<Code>)[Code.Push_r16, Code.Push_r32, Code.Push_r64, Code.Push_rm16, Code.Push_rm32,
            Code.Push_rm64, Code.Push_imm16, Code.Pushd_imm32, Code.Pushq_imm32, Code.Pushw_imm8, Code.Pushd_imm8, Code.Pushq_imm8,
            Code.Pop_r16, Code.Pop_r32, Code.Pop_r64, Code.Pop_rm16, Code.Pop_rm32, Code.Pop_rm64,
            Code.Leavew, Code.Leaved, Code.Leaveq,
            Code.Call_rel16, Code.Call_rel32_32, Code.Call_rel32_64, Code.Call_rm16, Code.Call_rm32, Code.Call_rm64,
            Code.Jmp_rm16, Code.Jmp_rm32, Code.Jmp_rm64,
            Code.Retnw, Code.Retnd, Code.Retnq, Code.Retnw_imm16, Code.Retnd_imm16, Code.Retnq_imm16])
        {
            table[code] = Build;
        }

        foreach (Code code in (ReadOnlySpan<Code>)[Code.Jmp_rel8_16, Code.Jmp_rel8_32, Code.Jmp_rel8_64, Code.Jmp_rel16,
            Code.Jmp_rel32_32, Code.Jmp_rel32_64])
        {
            table[code] = NearBranches.BuildJump;
        }

        LoopFamily<TMemory>.Register(table);
        FrameFamily<TMemory>.Register(table);
    }

    private static void Build(in Instruction instruction, BlockMode mode, ref Op op)
    {
        OperandShape shape = IntegerOperands.Fill(instruction, ref op);
        int size = instruction.OpCount > 0 && instruction.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64
            ? NearBranches.FillTarget(instruction, mode, ref op)
            : OperandSize(instruction.Code);

        op.Handler = (mode.Bitness == 64, size) switch
        {
            (true, 2) => Pick<LongStack, ushort>(instruction, shape),
            (true, _) => Pick<LongStack, ulong>(instruction, shape),
            (false, 2) => Pick<LegacyStack, ushort>(instruction, shape),
            _ => Pick<LegacyStack, uint>(instruction, shape),
        };
    }

    private static int OperandSize(Code code) => code switch
    {
        Code.Push_r16 or Code.Push_rm16 or Code.Push_imm16 or Code.Pushw_imm8 or Code.Pop_r16 or Code.Pop_rm16 or Code.Leavew => 2,
        Code.Call_rm16 or Code.Jmp_rm16 or Code.Retnw or Code.Retnw_imm16 => 2,
        Code.Push_r32 or Code.Push_rm32 or Code.Pushd_imm32 or Code.Pushd_imm8 or Code.Pop_r32 or Code.Pop_rm32 or Code.Leaved => 4,
        Code.Call_rm32 or Code.Jmp_rm32 or Code.Retnd or Code.Retnd_imm16 => 4,
        _ => 8,
    };

    private static delegate*<VpState*, Op*, int> Pick<TStack, T>(in Instruction instruction, OperandShape shape)
        where TStack : struct, IStackWidth
        where T : unmanaged
    {
        bool memory = shape == OperandShape.Memory;
        bool register = shape == OperandShape.Register;
        return instruction.Mnemonic switch
        {
            Mnemonic.Push when memory => &StackHandlers<TMemory, TStack, T>.PushMemory,
            Mnemonic.Push when register => &StackHandlers<TMemory, TStack, T>.PushRegister,
            Mnemonic.Push => &StackHandlers<TMemory, TStack, T>.PushImmediate,
            Mnemonic.Pop when memory => &StackHandlers<TMemory, TStack, T>.PopMemory,
            Mnemonic.Pop => &StackHandlers<TMemory, TStack, T>.PopRegister,
            Mnemonic.Leave => &StackHandlers<TMemory, TStack, T>.Leave,
            Mnemonic.Call when memory => &StackHandlers<TMemory, TStack, T>.CallMemory,
            Mnemonic.Call when register => &StackHandlers<TMemory, TStack, T>.CallRegister,
            Mnemonic.Call => &StackHandlers<TMemory, TStack, T>.CallDirect,
            Mnemonic.Jmp when memory => &StackHandlers<TMemory, TStack, T>.JumpMemory,
            Mnemonic.Jmp => &StackHandlers<TMemory, TStack, T>.JumpRegister,
            _ => &StackHandlers<TMemory, TStack, T>.Return,
        };
    }
}
