using Iced.Intel;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Virtualization;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>Translated blocks that go on behind conditional branches.</summary>
public sealed class LongBlockTests
{
    private const int Rounds = 3_000;
    private const ulong Data = 0x20_0000;
    private static readonly SoftwareEngineOptions s_usual = new();

    [Fact]
    public void Branches_SeldomTakenInTheMiddle_AreTakenWhenTheyAre()
    {
        using BareGuest guest = new(options: s_usual);
        Run(guest);

        // Of the numbers up to 3,000 those that 7 and 64 divide, and the rest.
        Assert.Equal(3_000UL / 7, guest.Read(Data));
        Assert.Equal(3_000UL / 64, guest.Read(Data + 8));
        Assert.Equal(3_000UL, guest.Read(Data + 16));
    }

    [Fact]
    public void Loop_WithBranchesInIt_IsOneBlock()
    {
        using BareGuest guest = new(options: s_usual);
        Run(guest);
        Dictionary<string, long> counters = [];
        guest.Processor.AddCounters(counters);

        // The loop has nine, what the rare ways come back to is there once more; without long blocks there would be 14 in all.
        Assert.InRange(counters["operationsTranslated"], 20, 40);
    }

    // The code behind a branch in the middle is changed while the block is translated.
    [Fact]
    public void Code_BehindABranchChanged_IsSeen()
    {
        using BareGuest guest = new(options: s_usual);
        RunResult result = guest.Run(a =>
        {
            Label again = a.CreateLabel();
            Label rare = a.CreateLabel();
            Label changed = a.CreateLabel();
            Label back = a.CreateLabel();
            a.mov(ecx, Rounds);
            a.xor(edx, edx);
            a.Label(ref again);
            a.test(ecx, 1023);
            a.jz(rare);
            a.Label(ref back);
            a.nop();
            a.Label(ref changed);
            a.add(edx, 1);
            a.dec(ecx);
            a.jnz(again);
            BareGuest.Stop(a);
            a.Label(ref rare);
            a.lea(rbx, __[changed]);
            a.inc(__byte_ptr[rbx + 2]);
            a.jmp(back);
        });
        Assert.Equal(RunResult.Stopped, result);

        // 1 for each of 952 rounds (3,000 down to 2,049), then 2 for 1,024, then 3 for 1,024.
        Assert.Equal(952UL + (2 * 1024) + (3 * 1024), guest.Processor.GetState().Gpr[2]);
    }

    private static void Run(BareGuest guest)
    {
        RunResult result = guest.Run(a =>
        {
            Label again = a.CreateLabel();
            Label seven = a.CreateLabel();
            Label afterSeven = a.CreateLabel();
            Label many = a.CreateLabel();
            Label afterMany = a.CreateLabel();
            a.mov(rbx, Data);
            a.mov(ecx, Rounds);
            a.mov(esi, 7);
            a.Label(ref again);
            a.dec(esi);
            a.jz(seven);
            a.Label(ref afterSeven);
            a.mov(eax, Rounds + 1);
            a.sub(eax, ecx);
            a.test(eax, 63);
            a.jz(many);
            a.Label(ref afterMany);
            a.inc(__qword_ptr[rbx + 16]);
            a.dec(ecx);
            a.jnz(again);
            BareGuest.Stop(a);
            a.Label(ref seven);
            a.mov(esi, 7);
            a.inc(__qword_ptr[rbx]);
            a.jmp(afterSeven);
            a.Label(ref many);
            a.inc(__qword_ptr[rbx + 8]);
            a.jmp(afterMany);
        });
        Assert.Equal(RunResult.Stopped, result);
        Assert.Equal(-1, guest.UnexpectedVector);
    }
}
