using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.Engine.Software.Translation;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Comparison;

/// <summary>
/// Runs a piece of a block in both tiers: first the interpreter, with what it writes kept apart, then native code, for real. A piece ends
/// where native code leaves; what is interpreted there is done by the processor, once.
/// </summary>
internal sealed unsafe partial class TierComparison : IDisposable
{
    /// <summary>In place of an operation's number: the piece was left by a way, and RIP tells where it leads.</summary>
    public const int ByWay = -1;

    private readonly SoftwareProcessor _processor;
    private readonly VpState* _s;
    private readonly TranslationCache _cache;
    private readonly ComparisonRoutines _routines;
    private readonly TlbEntry* _emptyTable;
    private readonly MemoryOverlay _memory;
    private readonly StateImage* _start = Allocate<StateImage>();
    private readonly StateImage* _expected = Allocate<StateImage>();
    private readonly SystemImage* _system = Allocate<SystemImage>();

    // The piece.
    private TranslatedBlock* _translation;
    private ulong _pageBase;
    private int _first;
    private bool _vectors;
    private int _expectedEnd;

    public TierComparison(SoftwareProcessor processor, TranslationCache cache, MemoryOverlay memory, TlbEntry* emptyTable)
    {
        _processor = processor;
        _s = processor.State;
        _cache = cache;
        _memory = memory;
        _routines = cache.ForComparison!;
        _emptyTable = emptyTable;
    }

    /// <summary>Pieces that were run in both tiers.</summary>
    public long Compared { get; private set; }

    /// <summary>Operations that the interpreter has run ahead in them.</summary>
    public long Operations { get; private set; }

    /// <summary>Pieces whose outcome says nothing, since others wrote what they read.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Whether native code was left since a range that accesses share lies on two pages.</summary>
    public bool IsSplit { get; private set; }

    private bool AlignmentFlag => (_s->SystemFlags & Rflags.AC) != 0;

    /// <summary>Runs a block from an operation on. <c>PageBase</c>, <c>BlockRip</c>, <c>JumpSalt</c> and <c>EventsWaiting</c> are set.</summary>
    /// <param name="translation">The block.</param>
    /// <param name="first">The operation; 0 for the block's entry.</param>
    /// <returns>The operation to interpret, or <see cref="ByWay"/>.</returns>
    /// <exception cref="TierDifferenceException">The tiers differ.</exception>
    public int Run(TranslatedBlock* translation, int first)
    {
        _translation = translation;
        _first = first;
        _pageBase = _s->PageBase;
        _vectors = translation->Uses != ExtendedState.None;
        _start->Save(_s, _vectors);
        _system->Save(_s);
        _memory.Clear();
        Interpret(int.MaxValue);
        Operations += _count;
        Compared++;
        Outcome outcome = Execute();
        IsSplit = outcome.Site.IsSplit;
        if (_memory.IsFull)
        {
            LeftOut++;
        }
        else if (!Agrees(outcome))
        {
            TryAgain(outcome);
        }

        return outcome.End;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_start);
        NativeMemory.AlignedFree(_expected);
        NativeMemory.AlignedFree(_system);
    }

    private static T* Allocate<T>()
        where T : unmanaged
    {
        T* image = (T*)NativeMemory.AlignedAlloc((nuint)sizeof(T), 64);
        *image = default;
        return image;
    }
}
