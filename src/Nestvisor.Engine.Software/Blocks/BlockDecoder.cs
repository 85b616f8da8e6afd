using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>Makes blocks from guest code.</summary>
internal sealed unsafe class BlockDecoder
{
    private const int LongestInstruction = 15;
    private const int MostOperations = 64;

    private readonly SoftwareProcessor _processor;
    private readonly BlockStore _store;
    private readonly GuestCodeReader _reader = new();
    private readonly Decoder[] _decoders;
    private readonly Op[] _ops = new Op[MostOperations + 2];

    public BlockDecoder(SoftwareProcessor processor, BlockStore store)
    {
        _processor = processor;
        _store = store;
        DecoderOptions options = OptionsFor(processor.Partition.Profile);
        _decoders = [Decoder.Create(16, _reader, options), Decoder.Create(32, _reader, options), Decoder.Create(64, _reader, options)];
    }

    /// <summary>How code of a processor is to be read. PCOMMIT is always read as such: a profile without it makes it #UD.</summary>
    public static DecoderOptions OptionsFor(CpuProfile profile) =>
        DecoderOptions.Pcommit | (profile.Vendor == CpuVendor.Amd ? DecoderOptions.AMD : DecoderOptions.None);

    /// <summary>Decodes the block at the current RIP.</summary>
    /// <param name="rip">RIP.</param>
    /// <param name="linear">Linear address of the first instruction.</param>
    /// <param name="physical">Its L1 physical address.</param>
    /// <param name="mode">The mode.</param>
    /// <param name="status">A fetch fault on the second page, if the result is null.</param>
    public Block* Decode(ulong rip, ulong linear, ulong physical, BlockMode mode, out int status)
    {
        status = Status.Next;
        if (!_processor.Memory.IsRam(physical & ~0xFFFUL, 4096))
        {
            return DecodeFromDevice(rip, physical, mode);
        }

        int inPage = 4096 - (int)(physical & 0xFFF);

        // The bytes are read only once writes to them are seen.
        _processor.Partition.Code.Watch(physical, inPage < MostOperations * LongestInstruction ? inPage : 1024, _processor);
        _reader.Set(_processor.Memory.Base + physical, inPage);
        Decoder decoder = _decoders[mode.Value & BlockMode.CodeSizeMask];
        decoder.IP = rip;
        int count = 0;
        int most = mode.Has(BlockMode.SingleStep) ? 1 : MostOperations;
        bool open = true;
        int bytes = 0;
        while (open && count < most)
        {
            Instruction instruction = decoder.Decode();
            if (decoder.LastError == DecoderError.NoMoreBytes)
            {
                if (count == 0)
                {
                    return DecodeAcrossPages(rip, linear, physical, mode, out status);
                }

                break;
            }

            open = Build(instruction, rip, mode, ref count);
            bytes = (int)(instruction.NextIP - rip);
        }

        return Finish(physical, Block.NoPage, mode, count, bytes, open);
    }

    private Block* DecodeAcrossPages(ulong rip, ulong linear, ulong physical, BlockMode mode, out int status)
    {
        status = _processor.Translate((linear & ~0xFFFUL) + 4096, AccessKind.Fetch, out ulong second);
        if (status != Status.Next)
        {
            return null;
        }

        byte* bytes = stackalloc byte[LongestInstruction];
        int inPage = 4096 - (int)(physical & 0xFFF);
        bool ram = _processor.Memory.IsRam(second & ~0xFFFUL, 4096);
        if (ram)
        {
            _processor.Partition.Code.Watch(physical, inPage, second, LongestInstruction, _processor);
        }
        else
        {
            _processor.Partition.Code.Watch(physical, inPage, _processor);
        }

        inPage = Math.Min(inPage, LongestInstruction);
        _processor.ReadPhysical(physical, bytes, inPage);
        _processor.ReadPhysical(second, bytes + inPage, LongestInstruction - inPage);
        _reader.Set(bytes, LongestInstruction);
        Decoder decoder = _decoders[mode.Value & BlockMode.CodeSizeMask];
        decoder.IP = rip;
        Instruction instruction = decoder.Decode();
        int count = 0;
        bool open = Build(instruction, rip, mode, ref count);
        return Finish(physical, ram ? second & ~0xFFFUL : Block.NoPage, mode, count, instruction.Length, open, cache: ram);
    }

    // Code in device memory or in a hole: read afresh each time.
    private Block* DecodeFromDevice(ulong rip, ulong physical, BlockMode mode)
    {
        byte* bytes = stackalloc byte[LongestInstruction];
        new Span<byte>(bytes, LongestInstruction).Fill(0xFF);
        _processor.ReadPhysical(physical, bytes, Math.Min(LongestInstruction, 4096 - (int)(physical & 0xFFF)));
        _reader.Set(bytes, LongestInstruction);
        Decoder decoder = _decoders[mode.Value & BlockMode.CodeSizeMask];
        decoder.IP = rip;
        Instruction instruction = decoder.Decode();
        int count = 0;
        bool open = Build(instruction, rip, mode, ref count);
        return Finish(physical, Block.NoPage, mode, count, instruction.Length, open, cache: false);
    }

    // An instruction is one operation; in guest mode a check of its intercept may come before it.
    private bool Build(in Instruction instruction, ulong rip, BlockMode mode, ref int count)
    {
        ref Op op = ref _ops[count++];
        op = default;
        if (instruction.Code == Code.INVALID)
        {
            op.Offset = (ushort)(instruction.IP - rip);
            op.Length = (byte)instruction.Length;
            op.Handler = &Undefined;
            return false;
        }

        OpBuilder.FillCommon(instruction, rip, ref op);
        bool exists = _processor.Partition.Codes.Allows(instruction.Code, mode.Bitness == 64);
        if (exists && mode.Has(BlockMode.GuestMode) && InterceptChecks.TryBuild(instruction, mode, op, out Op check))
        {
            _ops[count] = op;
            op = check;
            op = ref _ops[count++];
        }

        OpBuild? build = exists
            ? mode.Checks(instruction.SegmentPrefix)
                ? InstructionTable<SegmentedMemory>.Complete[instruction.Code]
                : InstructionTable<FlatMemory>.Complete[instruction.Code]
            : null;
        if (build is null)
        {
            op.Handler = &Undefined;
            return false;
        }

        build(instruction, mode, ref op);
        return instruction.FlowControl == FlowControl.Next && (op.Flags & OpFlags.EndsBlock) == 0;
    }

    private Block* Finish(ulong physical, ulong secondPage, BlockMode mode, int count, int bytes, bool open, bool cache = true)
    {
        if (open)
        {
            _ops[count++] = new Op { Handler = &EndBlock, Offset = (ushort)bytes };
        }

        Block* block = _store.Allocate(count);
        block->Physical = physical;
        block->SecondPage = secondPage;
        block->Mode = mode.Value;
        block->Count = count;
        block->Bytes = bytes;
        block->Cold = cache && secondPage == Block.NoPage && BlockTranslator.Serves(mode.Value) ? _processor.Partition.TranslateAfter : -1;
        new ReadOnlySpan<Op>(_ops, 0, count).CopyTo(new Span<Op>(block->Ops, count));
        if (cache)
        {
            _store.Add(block);
        }

        return block;
    }

    private static int Undefined(VpState* s, Op* o) => Fault.InvalidOpcode(s);

    private static int EndBlock(VpState* s, Op* o)
    {
        s->Rip = (s->BlockRip + o->Offset) & s->RipMask;
        return Status.Branch;
    }
}
