using System.Diagnostics;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software;

/// <summary>What is counted; docs/commands.md tells users what each counter means.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    // By ExitSite's kinds.
    private readonly long[] _nativeExits = new long[ExitSite.Stale + 1];

    // In the stopwatch's ticks, by occupation. What is rare enough has its exact time.
    private readonly long[] _sampled = new long[(int)Occupation.Translating + 1];
    private volatile Occupation _occupation;
    private ExactTime _asleep;
    private ExactTime _translating;

    /// <summary>Counts some time to what the processor does now. The sampling thread.</summary>
    /// <param name="ticks">The time, in the stopwatch's ticks.</param>
    public void TakeSample(long ticks) => _sampled[(int)_occupation] += ticks;

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
        AddTime("time.Interpreted", _sampled[(int)Occupation.Interpreting]);
        AddTime("time.PageWalks", _sampled[(int)Occupation.WalkingTables]);
        AddTime("time.Asleep", _asleep.Read());
        if (_translations is not null)
        {
            AddTime("time.Native", _sampled[(int)Occupation.Native]);
            AddTime("time.Translating", _translating.Read());
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

        void AddTime(string name, long ticks) => Add(name, ticks * 1000 / Stopwatch.Frequency);

        void Add(string name, long value)
        {
            counters.TryGetValue(name, out long sum);
            counters[name] = sum + value;
        }
    }
}
