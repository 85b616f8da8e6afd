using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Comparison;
using Nestvisor.Engine.Software.Native;
using Nestvisor.Engine.Software.State;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// The native code of one processor. It only grows; when it is full the processor drops all its blocks at once, between two of
/// them. Code is patched by its own processor alone, and never while it runs.
/// </summary>
internal sealed unsafe class TranslationCache : IDisposable
{
    /// <summary>Bytes at each entry of a block that are written over when it is dropped.</summary>
    public const int RedirectBytes = 5;

    // A block is never longer than this.
    private const ulong Reserve = 1 << 16;

    private readonly ulong _codeSize;
    private readonly ulong _recordSize;
    private readonly NativeCodeArea _area;
    private readonly byte* _records;
    private readonly CodeBuffer _buffer = new();
    private readonly BlockTranslator _translator;
    private readonly List<nint> _blocks = [];
    private readonly Gateway _gateway;
    private readonly byte* _base;
    private readonly ulong _gatewayEnd;
    private ulong _recordsUsed;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="filter">The instructions that the processor has.</param>
    /// <param name="decoding">How its code is to be read.</param>
    /// <param name="options">How much it keeps. With a map for perf the area has no name, since perf finds symbols only for such.</param>
    public TranslationCache(CodeFilter filter, Iced.Intel.DecoderOptions decoding, SoftwareEngineOptions options)
    {
        // A block's record is smaller than its code.
        _codeSize = _recordSize = (ulong)options.NativeCodeBytes;
        _area = new NativeCodeArea(options.PerfMapFile is null ? "nestvisor-code" : null, _codeSize);
        _records = HostMemory.Allocate(_recordSize);
        _base = _area.Execute;
        _buffer.Begin((ulong)_base);
        _gateway = Gateway.Emit(_buffer);
        _area.Add(_buffer.Code);
        ForComparison = options.Compared != ComparedCode.None ? ComparisonRoutines.Emit(_area, _gateway, _buffer) : null;
        _gatewayEnd = _area.Used;
        _translator = new BlockTranslator(filter, decoding, _buffer);
    }

    /// <summary>Blocks translated.</summary>
    public long Translated { get; private set; }

    /// <summary>Operations in them.</summary>
    public long TranslatedOperations { get; private set; }

    /// <summary>Times that the cache was emptied because it was full.</summary>
    public long Evictions { get; private set; }

    /// <summary>The ways in and out, at the area's start.</summary>
    public Gateway Gateway => _gateway;

    /// <summary>What a comparison of the tiers adds to them; null without one.</summary>
    public ComparisonRoutines? ForComparison { get; }

    /// <summary>The area of the code, for tests that spoil it.</summary>
    internal NativeCodeArea Area => _area;

    /// <summary>Bytes that they take.</summary>
    public uint GatewayBytes => (uint)_gatewayEnd;

    /// <summary>Bytes of native code in use.</summary>
    public ulong CodeBytes => _area.Used;

    /// <summary>Whether there is room for another block; if not, everything is to be dropped.</summary>
    public bool HasRoom => _area.Used + Reserve <= _codeSize && _recordsUsed + Reserve <= _recordSize && _blocks.Count < ExitSite.MaximumBlocks;

    /// <summary>Address of an offset in the code.</summary>
    public byte* At(uint offset) => _base + offset;

    /// <summary>The block that an exit names.</summary>
    public TranslatedBlock* Block(int id) => (TranslatedBlock*)_blocks[id];

    /// <summary>Runs translated code from <c>VpState.EntryPoint</c> on until it leaves.</summary>
    /// <param name="s">The state.</param>
    /// <param name="parts">What is to be loaded first: all that a block uses, if it is entered in its middle.</param>
    public void Enter(VpState* s, ExtendedState parts) => ((delegate* unmanaged<VpState*, void>)(_base + _gateway.Entries[(int)parts]))(s);

    /// <summary>Translates a block; <see cref="Publish"/> makes it a part of the cache.</summary>
    /// <param name="block">The block.</param>
    /// <param name="bytes">Its bytes in guest memory.</param>
    /// <param name="share">Whether accesses may share a check.</param>
    /// <returns>False if it cannot be translated, or nothing of it would be native.</returns>
    public bool Prepare(Block* block, ReadOnlySpan<byte> bytes, bool share)
    {
        _buffer.Begin((ulong)_base + _area.Used);
        return _translator.Translate(block, bytes, share, _blocks.Count, (ulong)_base, _gateway);
    }

    /// <summary>Keeps what was translated last, as the native code of that block.</summary>
    /// <param name="block">The block, at the place where it stays.</param>
    public void Publish(Block* block)
    {
        byte* code = _area.Add(_buffer.Code);
        ReadOnlySpan<uint> resume = _translator.Resume;
        TranslatedBlock* result = (TranslatedBlock*)(_records + _recordsUsed);
        IReadOnlyList<BlockTranslator.EdgePlan> edges = _translator.Edges;
        Edge* ways = (Edge*)(result + 1);
        _recordsUsed += ((ulong)(sizeof(TranslatedBlock) + (edges.Count * sizeof(Edge)) + (resume.Length * sizeof(uint))) + 15) & ~15UL;
        ref BlockTranslator.Outcome outcome = ref _translator.Result;
        *result = new TranslatedBlock
        {
            Block = block,
            Code = code,
            EntryByMemory = code + outcome.EntryByMemory,
            EntryByFlags = code + outcome.EntryByFlags,
            StaleByFlags = code + outcome.StaleByFlags,
            StaleByMemory = code + outcome.StaleByMemory,
            Edges = ways,
            EdgeCount = edges.Count,
            Resume = (uint*)(ways + edges.Count),
            Uses = outcome.Uses,
            Bytes = _buffer.Length,
        };
        for (int i = 0; i < edges.Count; i++)
        {
            ways[i] = MakeEdge(edges[i], code, block);
        }

        uint offset = (uint)(code - _base);
        for (int i = 0; i < resume.Length; i++)
        {
            result->Resume[i] = resume[i] == 0 ? 0 : resume[i] + offset;
        }

        for (int i = 0; i < block->Count && ForComparison is not null; i++)
        {
            result->Native[i >> 6] |= _translator.IsNative(i) ? 1UL << (i & 63) : 0;
        }

        _blocks.Add((nint)result);
        block->Translation = result;
        Translated++;
        TranslatedOperations += block->Count;
    }

    /// <summary>Lets a way lead straight to the block that it leads to.</summary>
    public void Link(Edge* edge, TranslatedBlock* target)
    {
        if (edge->Linked)
        {
            return;
        }

        edge->Linked = true;
        edge->NextIncoming = target->Incoming;
        target->Incoming = edge;
        SetTarget(edge, edge->FlagsInHost ? target->EntryByFlags : target->EntryByMemory);
    }

    /// <summary>Makes sure that a block whose code was changed is not entered again.</summary>
    public void Drop(TranslatedBlock* block)
    {
        Edge* edge = block->Incoming;
        while (edge != null)
        {
            Edge* next = edge->NextIncoming;
            SetTarget(edge, edge->Stub);
            edge->Linked = false;
            edge = next;
        }

        block->Incoming = null;

        // The jump cache may still lead here.
        Redirect(block->EntryByFlags, block->StaleByFlags);
        Redirect(block->EntryByMemory, block->StaleByMemory);
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        Evictions += HasRoom ? 0 : 1;
        _area.Truncate(_gatewayEnd);
        _recordsUsed = 0;
        _blocks.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _area.Dispose();
        HostMemory.Release(_records, _recordSize);
    }

    private static Edge MakeEdge(in BlockTranslator.EdgePlan plan, byte* code, Block* block) => new()
    {
        Displacement = code + plan.Jump - 4,
        Stub = code + plan.Stub,
        Site = plan.Site,
        Target = plan.Target - (int)(block->Physical & 0xFFF),
        FlagsInHost = plan.FlagsInHost,
    };

    private void SetTarget(Edge* edge, byte* target)
    {
        int distance = (int)(target - (edge->Displacement + 4));
        _area.Replace(edge->Displacement, new ReadOnlySpan<byte>(&distance, sizeof(int)));
    }

    private void Redirect(byte* entry, byte* stub)
    {
        byte* jump = stackalloc byte[RedirectBytes];
        *jump = 0xE9;
        *(int*)(jump + 1) = (int)(stub - (entry + RedirectBytes));
        _area.Replace(entry, new ReadOnlySpan<byte>(jump, RedirectBytes));
    }
}
