using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software;

/// <summary>What is counted; docs/commands.md tells users what each counter means.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    // By ExitSite's kinds.
    private readonly long[] _nativeExits = new long[ExitSite.Stale + 1];

    /// <summary>Adds the processor's counters to the partition's.</summary>
    public void AddCounters(IDictionary<string, long> counters)
    {
        // Those that native code runs are not counted: it would cost each block an addition in memory.
        Add("instructions", State->InstructionCount);
        Add("interrupts", InterruptCount);
        Add("exceptions", ExceptionCount);
        Add("tlbMisses", TlbMisses);
        Add("tlbFlushes", _contexts.Flushes);
        Add("tlbContextEvictions", _contexts.Evictions);
        Add("pageWalks", _walker.Walks);
        Add("blocksDecoded", _blocks.Decoded);
        Add("blocksInvalidated", _blocks.Invalidated);
        Add("blockFlushes", _blocks.Flushes);
        Add("blockFlushesCold", _blocks.ColdFlushes);
        if (_translations is not null)
        {
            Add("blocksTranslated", _translations.Translated);
            Add("operationsTranslated", _translations.TranslatedOperations);
            Add("nativeCodeBytes", (long)_translations.CodeBytes);
            Add("nativeCodeEvictions", _translations.Evictions);
            Add("nativeExit.Operation", _nativeExits[ExitSite.Operation]);
            Add("nativeExit.Taken", _nativeExits[ExitSite.Taken]);
            Add("nativeExit.Next", _nativeExits[ExitSite.Next]);
            Add("nativeExit.Changed", _nativeExits[ExitSite.Stale]);
        }

        if (_comparison is not null)
        {
            Add("comparedRuns", _comparison.Compared);
            Add("comparedOperations", _comparison.Operations);
            Add("comparisonsLeftOut", _comparison.LeftOut);
        }

        AddNestedCounters(Add);

        void Add(string name, long value)
        {
            counters.TryGetValue(name, out long sum);
            counters[name] = sum + value;
        }
    }
}
