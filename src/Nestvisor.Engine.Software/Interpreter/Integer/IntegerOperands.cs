using Iced.Intel;

namespace Nestvisor.Engine.Software.Interpreter.Integer;

/// <summary>Where the operands of an instruction are.</summary>
internal enum OperandShape
{
    None,
    Register,
    Memory,
    RegisterRegister,
    RegisterImmediate,
    RegisterMemory,
    MemoryRegister,
    MemoryImmediate,
}

/// <summary>Fills register and immediate operands of an <see cref="Op"/> and tells their shape.</summary>
internal static class IntegerOperands
{
    /// <summary>
    /// Register operands in their order go to Register1, 2 and 3, the immediate to Immediate; the fourth operand counts for
    /// neither. Returns the shape of the first two operands.
    /// </summary>
    public static OperandShape Fill(in Instruction instruction, ref Op op)
    {
        int registers = 0;
        int count = instruction.OpCount;
        for (int i = 0; i < count; i++)
        {
            switch (Kind(instruction, i))
            {
                case OpKind.Register:
                    byte offset = OpBuilder.RegisterOffset(instruction.GetOpRegister(i));
                    switch (registers++)
                    {
                        case 0:
                            op.Register1 = offset;
                            break;
                        case 1:
                            op.Register2 = offset;
                            break;
                        default:
                            op.Register3 = offset;
                            break;
                    }

                    break;
                case OpKind.Immediate8:
                    op.Immediate = instruction.GetImmediate(i);
                    break;
            }
        }

        OpKind first = count > 0 ? Kind(instruction, 0) : OpKind.NearBranch16;
        OpKind second = count > 1 ? Kind(instruction, 1) : OpKind.NearBranch16;
        return (first, second) switch
        {
            (OpKind.Register, OpKind.Register) => OperandShape.RegisterRegister,
            (OpKind.Register, OpKind.Immediate8) => OperandShape.RegisterImmediate,
            (OpKind.Register, OpKind.Memory) => OperandShape.RegisterMemory,
            (OpKind.Memory, OpKind.Register) => OperandShape.MemoryRegister,
            (OpKind.Memory, OpKind.Immediate8) => OperandShape.MemoryImmediate,
            (OpKind.Register, _) => OperandShape.Register,
            (OpKind.Memory, _) => OperandShape.Memory,
            _ => OperandShape.None,
        };
    }

    /// <summary>Bytes of the first operand.</summary>
    public static int Size(in Instruction instruction) => Size(instruction, 0);

    /// <summary>Bytes of an operand that is a register or memory.</summary>
    public static int Size(in Instruction instruction, int operand) =>
        instruction.GetOpKind(operand) == OpKind.Register
            ? instruction.GetOpRegister(operand).GetSize()
            : instruction.MemorySize.GetSize();

    /// <summary>Whether an operand is memory.</summary>
    public static bool IsMemory(in Instruction instruction, int operand) => instruction.GetOpKind(operand) == OpKind.Memory;

    private static OpKind Kind(in Instruction instruction, int operand)
    {
        OpKind kind = instruction.GetOpKind(operand);
        return kind switch
        {
            OpKind.Register or OpKind.Memory => kind,
            OpKind.Immediate8 or OpKind.Immediate16 or OpKind.Immediate32 or OpKind.Immediate64 => OpKind.Immediate8,
            OpKind.Immediate8to16 or OpKind.Immediate8to32 or OpKind.Immediate8to64 or OpKind.Immediate32to64 => OpKind.Immediate8,
            _ => OpKind.NearBranch16,
        };
    }
}
