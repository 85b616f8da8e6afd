using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Translation;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>The counters that tell what the processors' time goes to.</summary>
public sealed class TimeCounterTests
{
    private const ulong Function = 0x20_0000;
    private const ulong Far = 0x100_0000;
    private const long Enough = 50;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    [Fact]
    public void Times_OfAGuestThatComputes_AreNative()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");

        IReadOnlyDictionary<string, long> counters = RunUntil("time.Native", Enough, 0, a => Forever(a, () => a.inc(rax)));

        Assert.True(counters["time.Native"] > 3 * (counters["time.Interpreted"] + counters["time.PageWalks"]), string.Join(' ', counters));
        Assert.Equal(0, counters["time.Asleep"]);
    }

    [Fact]
    public void Times_OfAnInterpretedGuest_AreInterpretedAndNotNative()
    {
        IReadOnlyDictionary<string, long> counters =
            RunUntil("time.Interpreted", Enough, SoftwareEngineOptions.Never, a => Forever(a, () => a.inc(rax)));

        Assert.True(counters["time.Interpreted"] > 3 * counters["time.PageWalks"], string.Join(' ', counters));
        Assert.Equal(0, counters["time.Asleep"]);
        Assert.DoesNotContain("time.Native", counters.Keys);
        Assert.DoesNotContain("time.Translating", counters.Keys);
    }

    [Fact]
    public void Times_OfAnIdleGuest_AreAsleepWhileItSleepsToo()
    {
        IReadOnlyDictionary<string, long> counters = RunUntil("time.Asleep", Enough, 0, a => Forever(a, a.hlt));

        Assert.True(
            counters["time.Asleep"] > 3 * counters.Where(c => c.Key.StartsWith("time.", StringComparison.Ordinal) && c.Key != "time.Asleep").Sum(c => c.Value),
            string.Join(' ', counters));
    }

    [Fact]
    public void Times_OfAGuestThatFlushes_HavePageWalks() =>
        RunUntil("time.PageWalks", Enough, 0, a => Forever(a, () =>
        {
            a.mov(rax, cr3);
            a.mov(cr3, rax);
            for (int page = 0; page < 64; page++)
            {
                a.mov(rbx, __qword_ptr[Far + ((ulong)page << 12)]);
            }
        }));

    [Fact]
    public void Times_OfCodeThatIsChanged_HaveTranslating()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");

        RunUntil("time.Translating", 5, 0, a =>
        {
            a.mov(edi, (uint)Function);
            Forever(a, () =>
            {
                a.inc(ecx);
                a.mov(__byte_ptr[rdi + 1], cl);
                a.call(rdi);
            });
        });
    }

    private static void Forever(Assembler a, Action body)
    {
        Label again = a.CreateLabel();
        a.Label(ref again);
        body();
        a.jmp(again);
    }

    // Runs a guest that does not end by itself until it has spent so many milliseconds on something.
    private static IReadOnlyDictionary<string, long> RunUntil(string counter, long milliseconds, int translateAfter, Action<Assembler> write)
    {
        using BareGuest guest = new(options: new SoftwareEngineOptions { TranslateAfter = translateAfter });
        guest.Assemble(Function, a =>
        {
            a.mov(eax, 1);
            a.ret();
        });
        guest.Assemble(BareGuest.Code, write);
        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Thread watcher = new(() =>
        {
            SpinWait.SpinUntil(() => (counters = guest.Partition.GetCounters())[counter] >= milliseconds, s_bound);
            guest.Processor.RequestStop();
        });
        watcher.Start();
        guest.Processor.Run(guest.Bus);
        watcher.Join();
        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.True(counters[counter] >= milliseconds, string.Join(' ', counters));
        return counters;
    }
}
