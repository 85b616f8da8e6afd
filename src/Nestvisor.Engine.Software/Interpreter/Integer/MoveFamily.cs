using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>MOV between general registers, memory and immediates, MOVNTI, MOVBE, BSWAP and LEA.</summary>
internal static unsafe class MoveFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>MOV has other codes for segment, control and debug registers, which are not here.</summary>
    private static readonly Code[] s_moves =
    [
        Code.Mov_rm8_r8, Code.Mov_rm16_r16, Code.Mov_rm32_r32, Code.Mov_rm64_r64,
        Code.Mov_r8_rm8, Code.Mov_r16_rm16, Code.Mov_r32_rm32, Code.Mov_r64_rm64,
        Code.Mov_AL_moffs8, Code.Mov_AX_moffs16, Code.Mov_EAX_moffs32, Code.Mov_RAX_moffs64,
        Code.Mov_moffs8_AL, Code.Mov_moffs16_AX, Code.Mov_moffs32_EAX, Code.Mov_moffs64_RAX,
        Code.Mov_r8_imm8, Code.Mov_r16_imm16, Code.Mov_r32_imm32, Code.Mov_r64_imm64,
        Code.Mov_rm8_imm8, Code.Mov_rm16_imm16, Code.Mov_rm32_imm32, Code.Mov_rm64_imm32,
        Code.Movnti_m32_r32, Code.Movnti_m64_r64,
    ];

    public static void Register(InstructionTable<TMemory> table)
    {
        foreach (Code code in s_moves)
        {
            table[code] = BuildMove;
        }

        MnemonicCodes.Register(table, Mnemonic.Lea, BuildLea);
        MnemonicCodes.Register(table, Mnemonic.Movbe, BuildSwap);
        MnemonicCodes.Register(table, Mnemonic.Bswap, BuildSwap);
    }

    private static void BuildMove(in Instruction instruction, BlockMode mode, ref Op op)
    {
        OperandShape shape = IntegerOperands.Fill(instruction, ref op);
        switch (IntegerOperands.Size(instruction))
        {
            case 1:
                op.Handler = Move<byte>(shape);
                break;
            case 2:
                op.Handler = Move<ushort>(shape);
                break;
            case 4:
                op.Handler = Move<uint>(shape);
                break;
            default:
                op.Handler = Move<ulong>(shape);
                break;
        }
    }

    private static delegate*<State.VpState*, Op*, int> Move<T>(OperandShape shape)
        where T : unmanaged =>
        shape switch
        {
            OperandShape.RegisterRegister => &MoveHandlers<TMemory, T>.RegisterRegister,
            OperandShape.RegisterImmediate => &MoveHandlers<TMemory, T>.RegisterImmediate,
            OperandShape.RegisterMemory => &MoveHandlers<TMemory, T>.RegisterMemory,
            OperandShape.MemoryRegister => &MoveHandlers<TMemory, T>.MemoryRegister,
            _ => &MoveHandlers<TMemory, T>.MemoryImmediate,
        };

    private static void BuildLea(in Instruction instruction, BlockMode mode, ref Op op)
    {
        IntegerOperands.Fill(instruction, ref op);
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            2 => &MoveHandlers<TMemory, ushort>.LoadAddress,
            4 => &MoveHandlers<TMemory, uint>.LoadAddress,
            _ => &MoveHandlers<TMemory, ulong>.LoadAddress,
        };
    }

    private static void BuildSwap(in Instruction instruction, BlockMode mode, ref Op op)
    {
        OperandShape shape = IntegerOperands.Fill(instruction, ref op);
        op.Handler = IntegerOperands.Size(instruction) switch
        {
            2 => Swap<ushort>(shape),
            4 => Swap<uint>(shape),
            _ => Swap<ulong>(shape),
        };
    }

    private static delegate*<State.VpState*, Op*, int> Swap<T>(OperandShape shape)
        where T : unmanaged =>
        shape switch
        {
            OperandShape.RegisterMemory => &MoveHandlers<TMemory, T>.SwapLoad,
            OperandShape.MemoryRegister => &MoveHandlers<TMemory, T>.SwapStore,
            _ => &MoveHandlers<TMemory, T>.SwapRegister,
        };
}
