using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Re-emits the hot code of a block: 64- and 32-bit code becomes 64-bit code, with other registers and with memory operands that go
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
    private readonly Decoder _decoder32;
    private readonly Decoder _decoder64;
    private readonly Step[] _steps = new Step[MostSteps];
    private readonly uint[] _resume = new uint[MostSteps + 1];
    private readonly List<ColdStub> _cold = [];
    private ulong _exit;
    private ulong _loadVectors;
    private ulong _loadX87;
    private int _count;
    private int _blockId;
    private uint _mode;
    private int _pageOffset;
    private bool _failed;
    private FlagPlace _flags;
    private int _producer;

    // 64-bit code. In 32-bit code addresses and the stack pointer wrap at 4 GiB, and segments but FS and GS have a base of zero.
    private bool _long;

    public BlockTranslator(CodeFilter filter, DecoderOptions options, CodeBuffer code)
    {
        _filter = filter;
        _code = code;
        _encoder = Encoder.Create(64, code);
        _decoder32 = Decoder.Create(32, _reader, options);
        _decoder64 = Decoder.Create(64, _reader, options);
    }

    /// <summary>What came out, besides the code: offsets in the code.</summary>
    public Outcome Result;

    /// <summary>For each operation where the native code goes on with it; 0 for none.</summary>
    public ReadOnlySpan<uint> Resume => _resume.AsSpan(0, _count + 1);

    /// <summary>Whether an operation has native code, be it such that is not entered there.</summary>
    public bool IsNative(int operation) => _steps[operation].Recipe != Recipe.None;

    /// <summary>Whether code of a mode is translated at all: 64-bit code, and 32-bit code in flat segments.</summary>
    public static bool Serves(uint mode) =>
        RecipeTable.HostServes && (mode & (BlockMode.CodeSizeMask | BlockMode.SingleStep | BlockMode.Segmented)) is 1 or 2;

    /// <summary>Translates a block.</summary>
    /// <param name="block">The block: of a mode that is served, on one page.</param>
    /// <param name="bytes">Its bytes in guest memory.</param>
    /// <param name="share">Whether accesses may share a check.</param>
    /// <param name="id">The number that exits name it by.</param>
    /// <param name="routines">Address of the gateway's routines.</param>
    /// <param name="gateway">Their offsets.</param>
    /// <returns>False if it cannot be, or if nothing of it would be native.</returns>
    public bool Translate(Block* block, ReadOnlySpan<byte> bytes, bool share, int id, ulong routines, Gateway gateway)
    {
        _exit = routines + (ulong)gateway.Exit;
        _loadVectors = routines + (ulong)gateway.LoadVectors;
        _loadX87 = routines + (ulong)gateway.LoadX87;
        _x87 = X87Pointers.None;
        _blockId = id;
        _mode = block->Mode;
        _long = new BlockMode(_mode).Bitness == 64;
        _pageOffset = (int)(block->Physical & 0xFFF);
        _failed = false;
        _cold.Clear();
        Result = default;
        if (!Analyze(block, bytes))
        {
            return false;
        }

        if (share)
        {
            FindSharedAccesses();
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

    // Bytes of a return address, and of what PUSH pushes.
    private int SlotSize => _long ? 8 : 4;

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

        _resume[i] = step.InsideShared ? 0 : (uint)_code.Length;
        if (i > 0 && !step.InsideShared && (_flags is FlagPlace.Host or FlagPlace.Both) && MayLeave(_steps[i - 1]))
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
            case Recipe.Vector when !_long && step.Instruction.Code == Code.VEX_Vzeroupper:
                EmitClearUpperHalves();
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
            case Recipe.RepeatedStore:
                EmitRepeatedStore(i);
                break;
            case Recipe.RepeatedMove:
                EmitRepeatedMove(i);
                break;
            case Recipe.SystemCall:
                EmitSystemCall(i);
                break;
            case Recipe.SystemReturn:
                EmitSystemReturn(i);
                break;
        }

    }

    // call exit; four bytes that say where.
    private void EmitExit(uint kind, int step)
    {
        _code.Far(0xE8, _exit);
        _code.WriteInt32((int)ExitSite.Create(kind, step, _blockId).Value);
    }

    // lea target, [source + displacement], for an address of the code.
    private void EmitLea(int target, int source, int displacement) => _code.Memory(_long, 0x8D, target, source, -1, 0, displacement);

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
