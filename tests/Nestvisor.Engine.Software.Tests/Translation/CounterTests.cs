using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Translation;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>The counters that tell what the translator does.</summary>
public sealed class CounterTests
{
    private const int Rounds = 1000;
    private const ulong Function = 0x20_0000;

    private static readonly string[] s_translator =
    [
        "blocksTranslated", "operationsTranslated", "nativeCodeBytes", "nativeCodeEvictions", "nativeExit.Operation", "nativeExit.Taken",
        "nativeExit.Next", "nativeExit.Changed",
    ];

    [Fact]
    public void Counters_OfANativeLoop_CountItsTranslationAndNotItsInstructions()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");

        IReadOnlyDictionary<string, long> counters = Run(0);

        Assert.InRange(counters["blocksTranslated"], 2, 100);
        Assert.InRange(counters["operationsTranslated"], counters["blocksTranslated"], 1000);
        Assert.InRange(counters["nativeCodeBytes"], 100, 1 << 20);
        Assert.Equal(0, counters["nativeCodeEvictions"]);

        // The loop's end is left by the way back once, until it is linked, and by the way on once.
        Assert.InRange(counters["nativeExit.Taken"], 1, 10);
        Assert.InRange(counters["nativeExit.Next"], 1, 10);

        // The OUT at the end.
        Assert.InRange(counters["nativeExit.Operation"], 1, 10);
        Assert.InRange(counters["instructions"], 1, Rounds);
        Assert.InRange(counters["pageWalks"], 1, counters["tlbMisses"]);
        Assert.DoesNotContain("comparedRuns", counters.Keys);
    }

    [Fact]
    public void Counters_OfAnInterpretedLoop_CountItsInstructionsAndNoTranslator()
    {
        IReadOnlyDictionary<string, long> counters = Run(SoftwareEngineOptions.Never);

        Assert.InRange(counters["instructions"], 2 * Rounds, 3 * Rounds);
        Assert.DoesNotContain(s_translator, counters.ContainsKey);
        Assert.Equal(0, counters["blockFlushesCold"]);
        Assert.Equal(0, counters["tlbContextEvictions"]);
    }

    [Fact]
    public void Counters_OfCodeThatIsChanged_CountTheExit()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = new(options: new SoftwareEngineOptions { TranslateAfter = 0 });
        guest.Assemble(Function, a =>
        {
            a.mov(eax, 1);
            a.ret();
        });
        guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 4);
            a.mov(edi, (uint)Function);
            a.Label(ref again);
            a.call(rdi);
            a.mov(__[rdi + 1], cl);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });

        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.InRange(counters["nativeExit.Changed"], 1, 10);
        Assert.InRange(counters["blocksInvalidated"], 1, 10);
    }

    [Fact]
    public void Counters_OfMoreAddressSpacesThanContexts_CountEvictions()
    {
        using BareGuest guest = new();
        guest.Processor.SelectContext();
        for (ushort pcid = 1; pcid <= 40; pcid++)
        {
            guest.Processor.Contexts.Select(0, pcid, 0);
        }

        Assert.InRange(guest.Partition.GetCounters()["tlbContextEvictions"], 1, 40);
        guest.Processor.SelectContext();
    }

    private static IReadOnlyDictionary<string, long> Run(int translateAfter)
    {
        using BareGuest guest = new(options: new SoftwareEngineOptions { TranslateAfter = translateAfter });
        guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.dec(ecx);
            a.jne(again);
            a.mov(ebx, 5);
            BareGuest.Stop(a);
        });
        return guest.Partition.GetCounters();
    }
}
