using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Interpreter.X87;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>What becomes of each operation: decoded once more, and judged.</summary>
internal sealed unsafe partial class BlockTranslator
{
    // Decodes once more and judges each operation.
    private bool Analyze(Block* block, ReadOnlySpan<byte> bytes)
    {
        _count = block->Count;
        if (_count > MostSteps)
        {
            return false;
        }

        Decoder decoder = _long ? _decoder64 : _decoder32;
        int native = 0;
        fixed (byte* start = bytes)
        {
            for (int i = 0; i < _count; i++)
            {
                Op* op = block->Ops + i;
                ref Step step = ref _steps[i];
                step = default;
                if (op->Length == 0)
                {
                    // The end of an open block: goes on behind it.
                    step.Recipe = Recipe.Jump;
                    step.Instruction = default;
                    step.Instruction.Code = Code.Jmp_rel32_64;
                    step.Instruction.NearBranch64 = (ulong)(_pageOffset + op->Offset);
                    step.Instruction.Op0Kind = OpKind.NearBranch64;
                    continue;
                }

                _reader.Set(start + op->Offset, bytes.Length - op->Offset);
                decoder.IP = (ulong)(_pageOffset + op->Offset);
                step.Instruction = decoder.Decode();
                if (step.Instruction.Length != op->Length || (ushort)step.Instruction.Code != op->Code)
                {
                    if (op->Code == 0)
                    {
                        continue;
                    }

                    return false;
                }

                bool check = i + 1 < _count && block->Ops[i + 1].Offset == op->Offset;
                if (check && (op->Flags & OpFlags.PlainCheck) != 0)
                {
                    step.Recipe = Recipe.InterceptCheck;
                    step.Intercept = op->Register3;
                }
                else if (!check)
                {
                    Judge(ref step, new BlockMode(block->Mode));
                    if (step.Recipe == Recipe.X87)
                    {
                        // The interpreter keeps the opcode there.
                        step.X87Opcode = X87Codes.IsControl(step.Instruction.Mnemonic) || step.Instruction.Code == Code.Wait ? -1 : (int)(op->Immediate >> 32);
                    }

                    native += step.Recipe != Recipe.None ? 1 : 0;
                }
            }
        }

        // The instruction behind STI comes before any event: it has to be in the same block.
        for (int i = 0; i < _count; i++)
        {
            if (_steps[i].Recipe == Recipe.SetInterruptFlag && (i + 1 == _count || _steps[i + 1].Instruction.Length == 0))
            {
                _steps[i].Recipe = Recipe.None;
            }
        }

        return native != 0;
    }

    private void Judge(ref Step step, BlockMode mode)
    {
        ref Instruction instruction = ref step.Instruction;
        Recipe recipe = RecipeTable.Of(instruction.Code);
        if (recipe == Recipe.None || !_filter.Allows(instruction.Code, _long))
        {
            return;
        }

        if (recipe == Recipe.Vector)
        {
            Op closed = default;
            if (VectorGate.Close(instruction, mode, ref closed)
                || (mode.Has(BlockMode.SimdUnmasked) && StubTraits.UsesMxcsr(instruction.Mnemonic)))
            {
                return;
            }

            step.Aligned = HasMemory(instruction) && instruction.MemorySize.GetSize() >= 16 && NativeCodes.NeedsAlignment(instruction);
        }

        if (recipe is Recipe.X87 or Recipe.LoadX87Control or Recipe.StoreX87Status)
        {
            Op closed = default;
            if (mode.Has(BlockMode.X87Unmasked) || mode.Has(BlockMode.TaskSwitched) || VectorGate.Close(instruction, mode, ref closed))
            {
                return;
            }
        }

        if (recipe == Recipe.Nothing)
        {
            step.Recipe = recipe;
            return;
        }

        if (!MayRunHere(instruction, recipe, mode) || !Normalize(ref step, recipe, mode))
        {
            return;
        }

        if (recipe == Recipe.BitString)
        {
            if (HasMemory(instruction) && instruction.MemorySize.GetSize() == 2)
            {
                return;
            }

            recipe = HasMemory(instruction) ? recipe : Recipe.Plain;
        }

        // By the manual a move from a control register leaves the flags undefined; the processor leaves them as they are.
        RflagsBits modified = recipe == Recipe.ReadControlRegister ? RflagsBits.None : instruction.RflagsModified;
        const RflagsBits All = RflagsBits.CF | RflagsBits.PF | RflagsBits.AF | RflagsBits.ZF | RflagsBits.SF | RflagsBits.OF;
        step.SetsFlags = (modified & All) != 0;
        step.SetsAllFlags = (modified & All) == All && !MayLeaveFlags(instruction, recipe);
        step.NeedsFlags = (instruction.RflagsRead & All) != 0 || (step.SetsFlags && !step.SetsAllFlags);
        if (recipe is Recipe.SystemCall or Recipe.SystemReturn)
        {
            // They take or load all of RFLAGS, in memory.
            step.SetsFlags = step.SetsAllFlags = false;
            step.NeedsFlags = true;
        }

        InstructionInfo info = _info.GetInfo(instruction, InstructionInfoOptions.None);
        foreach (UsedRegister used in info.GetUsedRegisters())
        {
            if (used.Register.IsGPR() && used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
            {
                step.Written |= (ushort)(1 << used.Register.GetFullRegister().GetNumber());
            }
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                step.WritesMemory = info.GetOpAccess(i) is not (OpAccess.Read or OpAccess.CondRead or OpAccess.NoMemAccess or OpAccess.None);
            }
        }

        if (FitsRegisters(instruction, recipe, step.HighByte))
        {
            step.Recipe = recipe;
        }
    }

    // A count of zero leaves the flags as they are; and of those that the manual calls undefined the processor may leave some.
    private static bool MayLeaveFlags(in Instruction instruction, Recipe recipe)
    {
        if (recipe is Recipe.ShiftByCl or Recipe.Multiply or Recipe.Divide or Recipe.SignedDivide
            || instruction.Mnemonic is Mnemonic.Imul or Mnemonic.Tzcnt or Mnemonic.Lzcnt or Mnemonic.Bsf or Mnemonic.Bsr)
        {
            return true;
        }

        if (instruction.Mnemonic is Mnemonic.Shl or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Sal or Mnemonic.Shld or Mnemonic.Shrd)
        {
            byte count = instruction.GetOpKind(instruction.OpCount - 1) == OpKind.Immediate8 ? instruction.Immediate8 : (byte)1;
            return (count & (instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsGPR64() || instruction.MemorySize.GetSize() == 8 ? 63 : 31)) == 0;
        }

        return false;
    }

    // Privileged ones only where they cannot fault.
    private static bool MayRunHere(in Instruction instruction, Recipe recipe, BlockMode mode) => recipe switch
    {
        Recipe.ClearInterruptFlag or Recipe.SetInterruptFlag or Recipe.SetAlignmentFlag or Recipe.SwapGs => mode.Cpl == 0,
        Recipe.ReadControlRegister => mode.Cpl == 0 && instruction.Op1Register is Register.CR0 or Register.CR2 or Register.CR3 or Register.CR4,
        Recipe.RepeatedStore or Recipe.RepeatedMove => IsPageString(instruction, mode),
        Recipe.SystemCall => mode.Cpl == 3 && mode.Bitness == 64,
        Recipe.SystemReturn => mode.Cpl == 0,
        Recipe.ReadSelector => instruction.Op0Kind == OpKind.Register,
        _ => true,
    };

    // Forms with a fixed register become those with a register field; what cannot be renamed, or has an address that is not formed
    // here, is refused.
    private static bool Normalize(ref Step step, Recipe recipe, BlockMode mode)
    {
        ref Instruction instruction = ref step.Instruction;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            OpKind kind = instruction.GetOpKind(i);
            if (kind == OpKind.Register && GuestRegisters.IsHighByte(instruction.GetOpRegister(i)))
            {
                if (recipe != Recipe.Plain || step.HighByte)
                {
                    return false;
                }

                step.HighByte = true;
            }

            if (kind == OpKind.Memory && (mode.Bitness == 64 ? !IsNear(instruction) : IsWord(instruction) || mode.Checks(instruction.SegmentPrefix)))
            {
                return false;
            }
        }

        Code general = GeneralForms.Of(instruction.Code);
        if (general != Code.INVALID)
        {
            instruction.Code = general;
        }

        return true;
    }

    // Absolute addresses of 64 bits have no base and do not fit a displacement.
    private static bool IsNear(in Instruction instruction) =>
        instruction.MemoryBase != Register.None || (long)instruction.MemoryDisplacement64 == (int)instruction.MemoryDisplacement64;

    // 16-bit addressing.
    private static bool IsWord(in Instruction instruction) => instruction.MemoryBase.IsGPR16() || instruction.MemoryIndex.IsGPR16();

    // Two of the registers in memory and a memory operand would want a third scratch register.
    private static bool FitsRegisters(in Instruction instruction, Recipe recipe, bool highByte)
    {
        if (recipe is not (Recipe.Plain or Recipe.Vector or Recipe.ShiftByCl or Recipe.CompareExchange))
        {
            return true;
        }

        if (highByte)
        {
            // They pass through both scratch registers anyway.
            return true;
        }

        int inMemory = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register && instruction.GetOpRegister(i).IsGPR()
                && GuestRegisters.Host(instruction.GetOpRegister(i).GetFullRegister().GetNumber()) == GuestRegisters.InMemory)
            {
                inMemory |= 1 << instruction.GetOpRegister(i).GetFullRegister().GetNumber();
            }
        }

        int distinct = System.Numerics.BitOperations.PopCount((uint)inMemory);
        int free = recipe switch
        {
            Recipe.Plain or Recipe.Vector => HasMemory(instruction) ? 1 : 2,
            Recipe.ShiftByCl => HasMemory(instruction) ? 0 : 1,
            _ => HasMemory(instruction) ? 0 : -1,
        };
        return distinct <= free;
    }
}
