using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.State;

namespace Nestvisor.Engine.Software.Interpreter;

/// <summary>Makes an <see cref="Op"/> from what Iced decoded. A family registers one of these for each <see cref="Iced.Intel.Code"/>.</summary>
/// <param name="instruction">The instruction.</param>
/// <param name="mode">The mode that the code runs in.</param>
/// <param name="op">The operation; offset, length, code, prefixes and memory operand are already filled in.</param>
internal delegate void OpBuild(in Instruction instruction, BlockMode mode, ref Op op);

/// <summary>Fills in the parts of an <see cref="Op"/> that all families share.</summary>
internal static class OpBuilder
{
    /// <summary>Number of a segment register as <see cref="Op.Segment"/> has it.</summary>
    public static byte SegmentNumber(Register segment) => (byte)(segment - Register.ES);

    /// <summary>Byte offset of a general register in <see cref="VpState"/>.</summary>
    public static byte RegisterOffset(Register register)
    {
        if (register is >= Register.AL and <= Register.R15L)
        {
            int number = register - Register.AL;

            // Iced: AL CL DL BL AH CH DH BH SPL BPL SIL DIL R8L...
            return (byte)(number switch
            {
                < 4 => number * 8,
                < 8 => ((number - 4) * 8) + 1,
                _ => (number - 4) * 8,
            });
        }

        return register.IsGPR()
            ? (byte)(register.GetNumber() * 8)
            : (byte)VpState.ZeroOffset;
    }

    /// <summary>Fills in length, code, prefixes, and the memory operand if there is one.</summary>
    public static void FillCommon(in Instruction instruction, ulong blockRip, ref Op op)
    {
        op.Offset = (ushort)(instruction.IP - blockRip);
        op.Length = (byte)instruction.Length;
        op.Code = (ushort)instruction.Code;
        op.Base = VpState.ZeroOffset;
        op.Index = VpState.ZeroOffset;
        op.AddressMask = ulong.MaxValue;
        op.Flags = (instruction.HasLockPrefix ? OpFlags.Lock : 0)
            | (instruction.HasRepPrefix || instruction.HasRepePrefix ? OpFlags.Rep : 0)
            | (instruction.HasRepnePrefix ? OpFlags.Repne : 0);
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                FillMemory(instruction, blockRip, ref op);
                break;
            }
        }
    }

    private static void FillMemory(in Instruction instruction, ulong blockRip, ref Op op)
    {
        op.Flags |= OpFlags.Memory;
        op.Segment = SegmentNumber(instruction.MemorySegment);
        op.Size = (byte)instruction.MemorySize.GetSize();
        Register baseRegister = instruction.MemoryBase;
        op.Displacement = instruction.MemoryDisplacement64;
        if (baseRegister is Register.RIP or Register.EIP)
        {
            // Iced gives the absolute address; the block may run at another one.
            op.Base = VpState.BlockRipOffset;
            op.Displacement = instruction.IPRelativeMemoryAddress - blockRip;
            op.AddressMask = baseRegister == Register.EIP ? uint.MaxValue : ulong.MaxValue;
            return;
        }

        if (baseRegister != Register.None)
        {
            op.Base = RegisterOffset(baseRegister);
        }

        // Vector indexes (gathers) are the family's own business.
        if (instruction.MemoryIndex != Register.None && instruction.MemoryIndex.IsGPR())
        {
            op.Index = RegisterOffset(instruction.MemoryIndex);
            op.Shift = (byte)System.Numerics.BitOperations.TrailingZeroCount(instruction.MemoryIndexScale);
        }

        op.AddressMask = AddressSize(instruction) switch
        {
            2 => ushort.MaxValue,
            4 => uint.MaxValue,
            _ => ulong.MaxValue,
        };
    }

    private static int AddressSize(in Instruction instruction)
    {
        Register register = instruction.MemoryBase != Register.None ? instruction.MemoryBase : instruction.MemoryIndex;
        if (register != Register.None && register.IsGPR())
        {
            return register.GetSize();
        }

        return instruction.MemoryDisplSize switch
        {
            2 => 2,
            8 => 8,
            _ => instruction.CodeSize == CodeSize.Code64 ? 8 : 4,
        };
    }
}
