using Iced.Intel;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Accesses of a block by the same registers, such as those to a frame on the stack, share one check. The first looks up the whole
/// range and keeps its address in the host; the others take it from there, cannot leave, and so spare the flags. Nothing between
/// them may change the inline tables, which only the interpreter does: where an operation between them was interpreted, all up to
/// the last access is. A block whose range turns out to lie on two pages time and again is translated anew without sharing.
/// </summary>
internal sealed partial class BlockTranslator
{
    private const int MostBytes = 512;
    private const int MostRanges = MostSteps;

    private readonly SharedRange[] _ranges = new SharedRange[MostRanges];
    private readonly List<OpenRange> _open = [];
    private int _rangeCount;
    private int _displacement;

    private struct OpenRange
    {
        public SharableAccess Key;

        /// <summary>What the base register has gained since the first access.</summary>
        public int Delta;
        public int Range;
    }

    private void FindSharedAccesses()
    {
        _open.Clear();
        _rangeCount = 0;
        for (int i = 0; i < _count; i++)
        {
            ref Step step = ref _steps[i];
            if (step.Recipe is Recipe.None or Recipe.SetAlignmentFlag or Recipe.X87 or Recipe.LoadX87Control)
            {
                // Interpreted; with other tables from here on; or with pointers of its own to be kept at each step.
                _open.Clear();
                continue;
            }

            if (TryGetSharable(step, out SharableAccess access))
            {
                Join(i, access);
            }

            Follow(step);
        }

        GiveOutPlaces();
    }

    private void Join(int i, in SharableAccess access)
    {
        for (int k = 0; k < _open.Count; k++)
        {
            OpenRange open = _open[k];
            ref SharedRange range = ref _ranges[open.Range];
            if (open.Key.Base != access.Base || open.Key.Index != access.Index || open.Key.Scale != access.Scale || (access.Writes && !range.Writes))
            {
                continue;
            }

            int start = open.Delta + access.Displacement;
            int low = Math.Min(range.Low, start);
            int high = Math.Max(range.High, start + access.Size);
            if (high - low > MostBytes || (access.Base == Register.RIP && low >> 12 != (high - 1) >> 12))
            {
                continue;
            }

            range.Low = low;
            range.High = high;
            range.Last = i;
            range.Count++;
            _steps[i].Shared = open.Range + 1;
            _steps[i].SharedStart = start;
            return;
        }

        _ranges[_rangeCount] = new SharedRange
        {
            First = i,
            Last = i,
            Count = 1,
            Low = access.Displacement,
            High = access.Displacement + access.Size,
            Writes = access.Writes,
        };
        _open.Add(new OpenRange { Key = access, Range = _rangeCount++ });
        _steps[i].Shared = _rangeCount;
        _steps[i].SharedStart = access.Displacement;
    }

    // What the step does to the registers that ranges are open for.
    private void Follow(in Step step)
    {
        for (int k = _open.Count - 1; k >= 0; k--)
        {
            OpenRange open = _open[k];
            bool changesIndex = open.Key.Index != Register.None && Writes(step, open.Key.Index);
            int gain = 0;
            if (changesIndex || (open.Key.Base != Register.RIP && Writes(step, open.Key.Base) && !TryGetGain(step, open.Key.Base, out gain)))
            {
                _open.RemoveAt(k);
                continue;
            }

            open.Delta += gain;
            if (Math.Abs(open.Delta) > MostBytes)
            {
                _open.RemoveAt(k);
                continue;
            }

            _open[k] = open;
        }
    }

    // Each range that is worth it gets a place in the frame, from its first access to its last.
    private void GiveOutPlaces()
    {
        Span<int> takenUntil = stackalloc int[Frame.SharedPlaces];
        takenUntil.Fill(-1);
        for (int r = 0; r < _rangeCount; r++)
        {
            ref SharedRange range = ref _ranges[r];
            for (int place = 0; place < takenUntil.Length && range.Count > 1 && range.Place == 0; place++)
            {
                if (takenUntil[place] < range.First)
                {
                    takenUntil[place] = range.Last;
                    range.Place = Frame.SharedPlace(place);
                }
            }
        }

        for (int i = 0; i < _count; i++)
        {
            ref Step step = ref _steps[i];
            if (step.Shared == 0)
            {
                continue;
            }

            SharedRange range = _ranges[step.Shared - 1];
            if (range.Place == 0)
            {
                step.Shared = 0;
            }
            else if (i == range.Last)
            {
                for (int inside = range.First + 1; inside <= i; inside++)
                {
                    _steps[inside].InsideShared = true;
                }
            }
        }
    }

    private static bool Writes(in Step step, Register register) => (step.Written >> register.GetNumber() & 1) != 0;

    private bool TryGetGain(in Step step, Register register, out int gain)
    {
        ref readonly Instruction instruction = ref step.Instruction;
        gain = 0;
        if (register == Register.RSP && step.Recipe is Recipe.Push or Recipe.Pop or Recipe.PushFlags)
        {
            gain = instruction.StackPointerIncrement;
            return step.Recipe != Recipe.Pop || instruction.Op0Register.GetFullRegister() != Register.RSP;
        }

        // In 64-bit code 32 bits of a sum are not the address.
        if (instruction.Op0Register.GetSize() != SlotSize || instruction.Op0Register.GetFullRegister() != register)
        {
            return false;
        }

        switch (instruction.Code)
        {
            case Code.Add_rm64_imm8 or Code.Add_rm64_imm32 or Code.Add_rm32_imm8 or Code.Add_rm32_imm32:
                gain = (int)instruction.GetImmediate(1);
                return Math.Abs((long)gain) <= MostBytes;
            case Code.Sub_rm64_imm8 or Code.Sub_rm64_imm32 or Code.Sub_rm32_imm8 or Code.Sub_rm32_imm32:
                gain = -(int)instruction.GetImmediate(1);
                return Math.Abs((long)gain) <= MostBytes;
            case Code.Inc_rm64 or Code.Inc_rm32:
                gain = 1;
                return true;
            case Code.Dec_rm64 or Code.Dec_rm32:
                gain = -1;
                return true;
            case Code.Lea_r64_m or Code.Lea_r32_m when instruction.MemoryBase == instruction.Op0Register && instruction.MemoryIndex == Register.None:
                gain = (int)instruction.MemoryDisplacement64;
                return Math.Abs((long)gain) <= MostBytes;
            default:
                return false;
        }
    }

    // Accesses without an alignment, and one a step.
    private bool TryGetSharable(in Step step, out SharableAccess access)
    {
        ref readonly Instruction instruction = ref step.Instruction;
        bool memory = HasMemory(instruction);
        access = new SharableAccess { Base = Register.RSP, Scale = 1, Size = SlotSize };
        switch (step.Recipe)
        {
            case Recipe.Push when !memory:
                access.Displacement = -SlotSize;
                access.Writes = true;
                return true;
            case Recipe.Pop or Recipe.Return:
                return true;
            case Recipe.Leave:
                access.Base = Register.RBP;
                return true;
            case Recipe.CallIndirect when !memory:
            case Recipe.Call when !IsOnPage(BranchTarget(instruction)):
                access.Displacement = -SlotSize;
                access.Writes = true;
                return true;
            case Recipe.Plain or Recipe.Vector or Recipe.ShiftByCl or Recipe.Multiply or Recipe.Divide or Recipe.SignedDivide
                or Recipe.CompareExchange or Recipe.JumpIndirect when memory:
                return TryGetOperand(step, ref access);
            default:
                return false;
        }
    }

    private bool TryGetOperand(in Step step, ref SharableAccess access)
    {
        ref readonly Instruction instruction = ref step.Instruction;
        bool relative = instruction.MemoryBase == Register.RIP;
        access.Base = instruction.MemoryBase.GetFullRegister();
        access.Index = instruction.MemoryIndex.GetFullRegister();
        access.Scale = instruction.MemoryIndexScale;
        access.Size = instruction.MemorySize.GetSize();
        access.Writes = step.WritesMemory || step.Recipe == Recipe.CompareExchange;
        long displacement = (long)(relative ? instruction.IPRelativeMemoryAddress : instruction.MemoryDisplacement64);
        displacement = _long ? displacement : (int)displacement;
        access.Displacement = (int)displacement;
        return !step.Aligned && access.Size is > 0 and <= 64 && instruction.MemorySegment is not (Register.FS or Register.GS)
            && (relative || IsAddress(instruction.MemoryBase))
            && (access.Index == Register.None || IsAddress(instruction.MemoryIndex))
            && Math.Abs(displacement) < int.MaxValue / 2;
    }

    // Of the size that the code's addresses have.
    private bool IsAddress(Register register) => register.IsGPR() && register.GetSize() == SlotSize;

    /// <summary>Makes RCX and <see cref="_displacement"/> the host address of the access of a step that shares its check.</summary>
    private void EmitSharedAccess(int i)
    {
        SharedRange range = _ranges[_steps[i].Shared - 1];
        _displacement = _steps[i].SharedStart - range.Low;
        if (i != range.First)
        {
            _code.Load(GuestRegisters.Rcx, range.Place);
            return;
        }

        BeforeClobber(i);
        EmitStartOf(i, range);
        int miss = EmitTableCheck(range.Size, range.Writes);
        EmitHostPage(range.Writes);
        _code.Store(GuestRegisters.Rcx, range.Place);
        _cold.Add(new ColdStub { Kind = ColdKind.SharedOperation, Step = i, Jump = miss, Flags = _flags, Producer = _producer, X87 = _x87 });
    }

    // A range on two pages is told from one that the tables do not have.
    private void EmitSharedExit(in ColdStub stub)
    {
        SharedRange range = _ranges[_steps[stub.Step].Shared - 1];
        EmitStartOf(stub.Step, range);
        _code.Write(0x81, 0xE1); // and ecx, 4095
        _code.WriteInt32(4095);
        _code.Write(0x81, 0xF9); // cmp ecx, ...
        _code.WriteInt32(4096 - range.Size);
        int split = _code.Jump(7); // ja
        EmitExit(ExitSite.Operation, stub.Step);
        _code.Land(split);
        EmitExit(ExitSite.Operation, stub.Step | ExitSite.Split);
    }

    // lea rcx, the lowest address of a range, at its first access.
    private void EmitStartOf(int i, in SharedRange range)
    {
        ref Step step = ref _steps[i];
        switch (step.Recipe)
        {
            case Recipe.Push or Recipe.Pop or Recipe.Return or Recipe.Call or Recipe.CallIndirect:
                EmitLea(GuestRegisters.Rcx, GuestRegisters.GuestRsp, range.Low);
                break;
            case Recipe.Leave:
                EmitLea(GuestRegisters.Rcx, GuestRegisters.Rbp, range.Low);
                break;
            default:
                Instruction instruction = step.Instruction;
                instruction.MemoryDisplacement64 = (ulong)(long)range.Low;
                EmitAddress(instruction);
                break;
        }
    }
}
