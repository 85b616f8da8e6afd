using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Interpreter.X87;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Re-emits the hot code of a block: 64-bit code becomes 64-bit code, with other registers and with memory operands that go
/// through the inline tables. What has no recipe, and every access that the tables do not serve, leaves the native code and is
/// interpreted; the native code then goes on behind it.
/// </summary>
internal sealed unsafe partial class BlockTranslator
{
    private const int MostSteps = 80;

    private readonly CodeFilter _filter;
    private readonly CodeBuffer _code;
    private readonly Encoder _encoder;
    private readonly InstructionInfoFactory _info = new();
    private readonly GuestCodeReader _reader = new();
    private readonly Decoder _decoder;
    private readonly Step[] _steps = new Step[MostSteps];
    private readonly uint[] _resume = new uint[MostSteps + 1];
    private readonly List<ColdStub> _cold = [];
    private ulong _exit;
    private ulong _loadVectors;
    private ulong _loadX87;
    private int _count;
    private int _blockId;
    private int _pageOffset;
    private bool _failed;
    private FlagPlace _flags;
    private int _producer;

    public BlockTranslator(CodeFilter filter, DecoderOptions options, CodeBuffer code)
    {
        _filter = filter;
        _code = code;
        _encoder = Encoder.Create(64, code);
        _decoder = Decoder.Create(64, _reader, options);
    }

    /// <summary>What came out, besides the code: offsets in the code.</summary>
    public Outcome Result;

    /// <summary>For each operation where the native code goes on with it; 0 for none.</summary>
    public ReadOnlySpan<uint> Resume => _resume.AsSpan(0, _count + 1);

    /// <summary>Whether code of a mode is translated at all.</summary>
    public static bool Serves(uint mode) =>
        RecipeTable.HostServes && (mode & (BlockMode.CodeSizeMask | BlockMode.SingleStep | BlockMode.Segmented)) == 2;

    /// <summary>Translates a block.</summary>
    /// <param name="block">The block: of 64-bit code, on one page.</param>
    /// <param name="bytes">Its bytes in guest memory.</param>
    /// <param name="id">The number that exits name it by.</param>
    /// <param name="routines">Address of the gateway's routines.</param>
    /// <param name="gateway">Their offsets.</param>
    /// <returns>False if it cannot be, or if nothing of it would be native.</returns>
    public bool Translate(Block* block, ReadOnlySpan<byte> bytes, int id, ulong routines, Gateway gateway)
    {
        _exit = routines + (ulong)gateway.Exit;
        _loadVectors = routines + (ulong)gateway.LoadVectors;
        _loadX87 = routines + (ulong)gateway.LoadX87;
        _x87 = X87Pointers.None;
        _blockId = id;
        _pageOffset = (int)(block->Physical & 0xFFF);
        _failed = false;
        _cold.Clear();
        Result = default;
        if (!Analyze(block, bytes))
        {
            return false;
        }

        EmitEntries();
        for (int i = 0; i < _count; i++)
        {
            EmitStep(i);
        }

        EmitColdStubs();
        EmitStaleStubs();
        return !_failed;
    }

    // Decodes once more and judges each operation.
    private bool Analyze(Block* block, ReadOnlySpan<byte> bytes)
    {
        _count = block->Count;
        if (_count > MostSteps)
        {
            return false;
        }

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
                _decoder.IP = (ulong)(_pageOffset + op->Offset);
                step.Instruction = _decoder.Decode();
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
        if (recipe == Recipe.None || !_filter.Allows(instruction.Code, true))
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

        if (!MayRunHere(instruction, recipe, mode) || !Normalize(ref step, recipe))
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

        RflagsBits modified = instruction.RflagsModified;
        const RflagsBits All = RflagsBits.CF | RflagsBits.PF | RflagsBits.AF | RflagsBits.ZF | RflagsBits.SF | RflagsBits.OF;
        step.SetsFlags = (modified & All) != 0;
        step.SetsAllFlags = (modified & All) == All && !MayLeaveFlags(instruction, recipe);
        step.NeedsFlags = (instruction.RflagsRead & All) != 0 || (step.SetsFlags && !step.SetsAllFlags);
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
        Recipe.ReadSelector => instruction.Op0Kind == OpKind.Register,
        _ => true,
    };

    // Forms with a fixed accumulator become those with a register field; what cannot be renamed is refused.
    private static bool Normalize(ref Step step, Recipe recipe)
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

            if (kind == OpKind.Memory)
            {
                // Absolute addresses of 64 bits have no base and do not fit a displacement.
                if (instruction.MemoryBase == Register.None && (long)instruction.MemoryDisplacement64 != (int)instruction.MemoryDisplacement64)
                {
                    return false;
                }
            }
        }

        Code general = AccumulatorForms.ToGeneral(instruction.Code);
        if (general != Code.INVALID)
        {
            instruction.Code = general;
        }

        return true;
    }

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

    private static bool HasMemory(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    private void EmitStep(int i)
    {
        ref Step step = ref _steps[i];
        if (step.Recipe == Recipe.None)
        {
            // The first of several interpreted ones leaves; the rest follow it there.
            _resume[i] = 0;
            if (i == 0 || _steps[i - 1].Recipe != Recipe.None)
            {
                SaveFlags();
                CommitX87Pointers(_x87);
                if (IsShadowed(i))
                {
                    CastShadow();
                }

                EmitExit(ExitSite.Operation, i);
            }

            _x87 = X87Pointers.None;

            _flags = FlagPlace.Memory;
            return;
        }

        _resume[i] = (uint)_code.Length;
        if (i > 0 && _flags is FlagPlace.Host or FlagPlace.Both && MayLeave(_steps[i - 1]))
        {
            _cold.Add(new ColdStub { Kind = ColdKind.Resume, Step = i, Position = _code.Length });
        }

        if (step.Instruction.FlowControl != FlowControl.Next)
        {
            CommitX87Pointers(_x87);
        }

        switch (step.Recipe)
        {
            case Recipe.X87:
                EmitX87(i);
                break;
            case Recipe.LoadX87Control:
                EmitLoadX87Control(i);
                break;
            case Recipe.StoreX87Status:
                EmitStoreX87Status(step.Instruction);
                break;
            case Recipe.Plain when step.HighByte:
                EmitHighByte(i);
                break;
            case Recipe.Plain or Recipe.Vector:
                EmitPlain(i);
                break;
            case Recipe.BitString:
                EmitBitString(i);
                break;
            case Recipe.InterceptCheck or Recipe.ClearInterruptFlag or Recipe.SetInterruptFlag or Recipe.SetAlignmentFlag or Recipe.SwapGs
                or Recipe.PushFlags
                or Recipe.ReadProtectionKeys or Recipe.ReadSelector or Recipe.ReadControlRegister:
                EmitSystem(i);
                break;
            case Recipe.Nothing:
                break;
            case Recipe.LoadAddress:
                EmitLoadAddress(step.Instruction);
                break;
            case Recipe.ShiftByCl:
                EmitShiftByCl(i);
                break;
            case Recipe.Multiply:
                EmitMultiply(i);
                break;
            case Recipe.Divide or Recipe.SignedDivide:
                EmitDivide(i);
                break;
            case Recipe.WidenAccumulator:
                EmitWidenAccumulator(step.Instruction);
                break;
            case Recipe.SpreadSign:
                EmitSpreadSign(step.Instruction);
                break;
            case Recipe.CompareExchange:
                EmitCompareExchange(i);
                break;
            case Recipe.CompareExchangeWide:
                EmitCompareExchangeWide(i);
                break;
            case Recipe.Push:
                EmitPush(i);
                break;
            case Recipe.Pop:
                EmitPop(i);
                break;
            case Recipe.Leave:
                EmitLeave(i);
                break;
            case Recipe.Call or Recipe.CallIndirect:
                EmitCall(i);
                break;
            case Recipe.Jump:
                EmitJump(i);
                break;
            case Recipe.JumpIndirect:
                EmitJumpIndirect(i);
                break;
            case Recipe.JumpConditional:
                EmitJumpConditional(i);
                break;
            case Recipe.Return:
                EmitReturn(i);
                break;
        }

    }

    // call exit; four bytes that say where.
    private void EmitExit(uint kind, int step)
    {
        _code.Far(0xE8, _exit);
        _code.WriteInt32((int)ExitSite.Create(kind, step, _blockId).Value);
    }

    private void Encode(in Instruction instruction)
    {
        if (!_encoder.TryEncode(instruction, 0, out _, out _))
        {
            _failed = true;
        }
    }

    /// <summary>Offsets of what a translation consists of.</summary>
    internal struct Outcome
    {
        public int EntryByMemory;
        public int EntryByFlags;
        public int StaleByFlags;
        public int StaleByMemory;
        public ExtendedState Uses;
        public EdgePlan Taken;
        public EdgePlan Next;
    }

    /// <summary>A direct way out, by offsets in the code.</summary>
    internal struct EdgePlan
    {
        public bool Exists;

        /// <summary>Position behind the displacement.</summary>
        public int Jump;
        public int Stub;

        /// <summary>Offset of the target in the page.</summary>
        public int Target;
        public bool FlagsInHost;
    }
}
