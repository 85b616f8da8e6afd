using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Registers operations by mnemonic; the operand size is the first operand's.</summary>
internal static class OperationFamily<TMemory>
    where TMemory : struct, IMemoryAccess
{
    /// <summary>Registers <c>a = operation(a, b)</c>.</summary>
    public static void Binary<TOperation>(InstructionTable<TMemory> table, Mnemonic mnemonic)
        where TOperation : struct, IIntegerOperation =>
        MnemonicCodes.Register(table, mnemonic, BuildBinary<TOperation>);

    /// <summary>Registers <c>r = operation(a, b)</c>.</summary>
    public static void Ternary<TOperation>(InstructionTable<TMemory> table, Mnemonic mnemonic)
        where TOperation : struct, IIntegerOperation =>
        MnemonicCodes.Register(table, mnemonic, BuildTernary<TOperation>);

    public static void BuildBinary<TOperation>(in Instruction instruction, BlockMode mode, ref Op op)
        where TOperation : struct, IIntegerOperation
    {
        switch (IntegerOperands.Size(instruction))
        {
            case 1:
                BinaryHandlers<TMemory, TOperation, byte>.Build(instruction, ref op);
                break;
            case 2:
                BinaryHandlers<TMemory, TOperation, ushort>.Build(instruction, ref op);
                break;
            case 4:
                BinaryHandlers<TMemory, TOperation, uint>.Build(instruction, ref op);
                break;
            default:
                BinaryHandlers<TMemory, TOperation, ulong>.Build(instruction, ref op);
                break;
        }
    }

    public static void BuildTernary<TOperation>(in Instruction instruction, BlockMode mode, ref Op op)
        where TOperation : struct, IIntegerOperation
    {
        switch (IntegerOperands.Size(instruction))
        {
            case 2:
                TernaryHandlers<TMemory, TOperation, ushort>.Build(instruction, ref op);
                break;
            case 4:
                TernaryHandlers<TMemory, TOperation, uint>.Build(instruction, ref op);
                break;
            default:
                TernaryHandlers<TMemory, TOperation, ulong>.Build(instruction, ref op);
                break;
        }
    }
}
