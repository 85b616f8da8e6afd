using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Native;

/// <summary>
/// A guest instruction as a stub runs it: the memory operand became [rsi], up to two general registers became r8 and r9.
/// Vector registers keep their numbers.
/// </summary>
internal readonly struct StubInstruction
{
    private StubInstruction(in Instruction instruction, byte general1, byte general2)
    {
        Instruction = instruction;
        General1 = general1;
        General2 = general2;
    }

    /// <summary>The instruction with its operands replaced.</summary>
    public readonly Instruction Instruction;

    /// <summary>Byte offset in <see cref="VpState"/> of the register that r8 stands for; <see cref="VpState.ZeroOffset"/> for none.</summary>
    public readonly byte General1;

    /// <summary>As <see cref="General1"/>, for r9.</summary>
    public readonly byte General2;

    /// <summary>Takes an instruction that <see cref="Rewrite"/> made before.</summary>
    public static StubInstruction FromRewritten(in Instruction instruction, byte general1, byte general2) =>
        new(instruction, general1, general2);

    /// <summary>Replaces operands.</summary>
    public static StubInstruction Rewrite(in Instruction guest)
    {
        Instruction instruction = guest;
        byte general1 = VpState.ZeroOffset;
        byte general2 = VpState.ZeroOffset;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                instruction.MemoryBase = Register.RSI;
                instruction.MemoryIndex = Register.None;
                instruction.MemoryIndexScale = 1;
                instruction.MemoryDisplacement64 = 0;
                instruction.MemoryDisplSize = 0;
                instruction.SegmentPrefix = Register.None;
            }
            else if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsGPR())
            {
                Register register = instruction.GetOpRegister(i);
                byte offset = OpBuilder.RegisterOffset(register);
                if (general1 == VpState.ZeroOffset || general1 == offset)
                {
                    general1 = offset;
                    instruction.SetOpRegister(i, Sized(register, Register.R8L, Register.R8W, Register.R8D, Register.R8));
                }
                else
                {
                    general2 = offset;
                    instruction.SetOpRegister(i, Sized(register, Register.R9L, Register.R9W, Register.R9D, Register.R9));
                }
            }
        }

        return new StubInstruction(instruction, general1, general2);
    }

    private static Register Sized(Register register, Register byteSize, Register wordSize, Register doubleSize, Register quadSize) =>
        register.GetSize() switch
        {
            1 => byteSize,
            2 => wordSize,
            4 => doubleSize,
            _ => quadSize,
        };
}
