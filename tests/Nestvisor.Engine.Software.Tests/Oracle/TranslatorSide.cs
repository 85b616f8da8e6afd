using System.Runtime.InteropServices;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// Instructions as native code, on memory that the inline tables lead to one to one, as user-mode code in 64-bit or compatibility mode.
/// What the translation leaves to the interpreter is interpreted, and the native code goes on behind it. The base that 32-bit data
/// segments have on the host is none of native code's: there the inline tables lead from offsets to the same memory.
/// </summary>
internal sealed unsafe class TranslatorSide : IOracleSide, IDisposable
{
    private const uint FeatureBits = (3 << BlockMode.CplShift) | BlockMode.LongMode | BlockMode.SseEnabled | BlockMode.AvxEnabled
        | BlockMode.OsXsave;

    private const ulong FrameSize = StackSize + Frame.JumpCacheDistance + JumpCache.Size;
    private const int StackSize = 32 << 10;
    private const int MostOps = 80;

    private readonly InstructionTable<HostMemory> _table;
    private readonly TranslationCache _cache = new(CodeFilter.Create(AllFeatures()), DecoderOptions.AMD, new SoftwareEngineOptions { NativeCodeBytes = 1 << 20 });
    private readonly byte* _frame = Platform.HostMemory.Allocate(FrameSize);
    private readonly TlbEntry* _tables = (TlbEntry*)Platform.HostMemory.Allocate((ulong)(2 * TlbEntry.Count * sizeof(TlbEntry)));
    private readonly Block*[] _blocks = new Block*[4];
    private readonly Block* _landingBlock;
    private readonly ulong _slot;
    private readonly ulong _landing;
    private readonly uint _mode;
    private Block* _block;

    /// <summary>Makes one.</summary>
    /// <param name="table">The interpreter's operations.</param>
    /// <param name="runner">The host's side, which knows where the code is.</param>
    /// <param name="bitness">Size of the code, 64 or 32.</param>
    /// <param name="dataBase">Where the data segments of 32-bit code begin.</param>
    public TranslatorSide(InstructionTable<HostMemory> table, NativeRunner runner, int bitness = 64, ulong? dataBase = null)
    {
        _table = table;
        _slot = runner.SlotOf(bitness);
        _landing = runner.LandingOf(bitness);
        _mode = FeatureBits | (bitness == 64 ? 2u : 1);
        State = (VpState*)(_frame + StackSize);
        State->VectorsIdle = 1;
        State->X87Idle = 1;
        State->HostMxcsr = VectorArea.MxcsrReset;
        State->Vector = (byte*)NativeMemory.AlignedAlloc(VectorArea.Size, 64);
        State->Scratch = (byte*)NativeMemory.AlignedAlloc(4096, 64);
        NativeMemory.Clear(State->Vector, VectorArea.Size);
        LegacyImage.InitializeX87(State->Vector);
        *VectorArea.MxcsrOf(State) = VectorArea.MxcsrReset;
        State->Mode = _mode;
        State->Cpl = 3;
        State->StackMask = State->RipMask = State->LinearMask = ulong.MaxValue;
        State->SegmentBase[5] = LegacySegments.GsBase;
        State->Cr0 = 0x8005_0033;
        State->Cr4 = Cr4.OSXMMEXCPT | Cr4.OSFXSR | Cr4.OSXSAVE | 0x20;
        State->Efer = 0xD01;
        State->Xcr0 = 7;
        State->SystemFlags = 0x202;
        State->ReadTlb = _tables;
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = (Block*)NativeMemory.AllocZeroed((nuint)(sizeof(Block) + (MostOps * sizeof(Op))));
        }

        _landingBlock = (Block*)NativeMemory.AllocZeroed((nuint)(sizeof(Block) + (2 * sizeof(Op))));
        ClearTables();
        FillTables(0);
        if (bitness != 64)
        {
            LegacySegments.Apply(State, dataBase ?? LegacySegments.DataBase);
            FillTables(State->SegmentBase[3]);
        }
    }

    public VpState* State { get; }

    /// <summary>Runs that left the native code for the interpreter.</summary>
    public long Interpreted { get; private set; }

    /// <summary>Codes that were native at least once, each by itself.</summary>
    public HashSet<Code> NativeCodes { get; } = [];

    public void SetInstruction(in Instruction instruction, ReadOnlySpan<byte> bytes)
    {
        SetInstructions([instruction], bytes);
        if (_blocks[0]->Translation != null)
        {
            NativeCodes.Add(instruction.Code);
        }
    }

    /// <summary>Takes several instructions in a row.</summary>
    public void SetInstructions(ReadOnlySpan<Instruction> instructions, ReadOnlySpan<byte> bytes)
    {
        _cache.Clear();
        TranslateLanding();
        for (int i = 0; i < _blocks.Length; i++)
        {
            Build(_blocks[i], _mode | ((uint)i * BlockMode.SimdUnmasked), instructions, bytes);
        }
    }

    private void Build(Block* block, uint mode, ReadOnlySpan<Instruction> instructions, ReadOnlySpan<byte> bytes)
    {
        Op* ops = (Op*)(block + 1);
        int count = 0;
        foreach (Instruction instruction in instructions)
        {
            Op* op = ops + count++;
            *op = default;
            OpBuilder.FillCommon(instruction, _slot, ref *op);
            _table[instruction.Code]!(instruction, new BlockMode(mode), ref *op);
        }

        if (instructions[^1].FlowControl == FlowControl.Next)
        {
            ops[count++] = new Op { Handler = &End, Offset = (ushort)bytes.Length };
        }

        *block = new Block { Ops = ops, Count = count, Physical = _slot & 0xFFF, Mode = mode, Bytes = bytes.Length, SecondPage = Block.NoPage };
        if (_cache.Prepare(block, bytes, share: true))
        {
            _cache.Publish(block);
        }
    }

    /// <summary>Whether everything is interpreted, for comparison.</summary>
    public bool OnlyInterprets { get; init; }

    public int Run()
    {
        VpState* s = State;
        _block = _blocks[FloatingMode.Bits(s) / BlockMode.SimdUnmasked];
        s->Mode = _block->Mode;
        byte* entry = _block->Translation != null && !OnlyInterprets ? _block->Translation->EntryByMemory : null;
        int index = 0;
        ExtendedState parts = ExtendedState.None;
        s->Rip = _slot;
        s->PageBase = _slot & ~0xFFFUL;
        for (int visits = 0; visits < 10_000; visits++)
        {
            if (entry != null)
            {
                s->NativeFlags = LazyFlags.ReadNative(s);
                s->EntryPoint = entry;
                _cache.Enter(s, parts);
                LazyFlags.WriteNative(s, s->NativeFlags);
                ExitSite site = new(*(uint*)s->ExitPoint);
                TranslatedBlock* from = _cache.Block(site.Block);
                s->BlockRip = s->PageBase + (from->Block->Physical & 0xFFF);
                if (site.Kind != ExitSite.Operation)
                {
                    s->Rip = from->Block != _block ? _landing : s->BlockRip + (ulong)(site.Kind == ExitSite.Taken ? from->Taken : from->Next).Target;
                    return -1;
                }

                index = site.Index;
                Interpreted++;
            }

            s->BlockRip = _slot;
            entry = null;
            Op* op = _block->Ops + index;
            switch (op->Handler(s, op))
            {
                case Status.Again:
                    continue;
                case Status.Exception:
                    s->Rip = _slot + op->Offset;
                    return s->Exception.Vector;
                case Status.Next:
                    index++;
                    if (_block->Translation != null && !OnlyInterprets && _block->Translation->Resume[index] != 0)
                    {
                        entry = _cache.At(_block->Translation->Resume[index]);
                        parts = _block->Translation->Uses;
                    }

                    continue;
                default:
                    return -1;
            }
        }

        throw new InvalidOperationException("The instruction never ends");
    }

    public void Dispose()
    {
        _cache.Dispose();
        NativeMemory.AlignedFree(State->Vector);
        NativeMemory.AlignedFree(State->Scratch);
        NativeMemory.Free(_landingBlock);
        foreach (Block* block in _blocks)
        {
            NativeMemory.Free(block);
        }

        Platform.HostMemory.Release(_frame, FrameSize);
        Platform.HostMemory.Release((byte*)_tables, (ulong)(2 * TlbEntry.Count * sizeof(TlbEntry)));
    }

    private static int End(VpState* s, Op* o)
    {
        s->Rip = s->BlockRip + o->Offset;
        return Status.Branch;
    }

    // A block where branches may go; the jump cache leads to it.
    private void TranslateLanding()
    {
        Block* landing = _landingBlock;
        Op* ops = (Op*)(landing + 1);
        ops[0] = new Op { Length = 1, Code = (ushort)Code.Nopd };
        ops[1] = new Op { Offset = 1 };
        *landing = new Block { Ops = ops, Count = 2, Physical = _landing & 0xFFF, Mode = _mode, Bytes = 1, SecondPage = Block.NoPage };
        Assert.True(_cache.Prepare(landing, [0x90], share: true));
        _cache.Publish(landing);
        State->JumpSalt = 0;
        JumpCache.Set((JumpCache.Entry*)((byte*)State + Frame.JumpCacheDistance), _landing, 0, landing->Translation->EntryByMemory);
    }

    private void ClearTables()
    {
        for (int slot = 0; slot < 2 * TlbEntry.Count; slot++)
        {
            _tables[slot] = new TlbEntry { Tag = TlbEntry.EmptyTag(slot & (TlbEntry.Count - 1)) };
        }
    }

    // By addresses less a base.
    private void FillTables(ulong start)
    {
        for (int i = 0; i < Arena.PageCount; i++)
        {
            ulong page = Arena.Start + (ulong)(i * Arena.PageSize);
            ulong tag = (page - start) & State->LinearMask;
            int slot = (int)(tag >> 12) & (TlbEntry.Count - 1);
            if (Arena.IsAllowed(page, write: false))
            {
                _tables[slot] = new TlbEntry { Tag = tag, Page = page };
            }

            if (Arena.IsAllowed(page, write: true))
            {
                _tables[TlbEntry.Count + slot] = new TlbEntry { Tag = tag, Page = page };
            }
        }
    }

    // Features are the subject of other tests.
    private static CpuProfile AllFeatures() => SoftwareProfiles.Amd(1, exposeVirtualizationExtensions: false);
}
