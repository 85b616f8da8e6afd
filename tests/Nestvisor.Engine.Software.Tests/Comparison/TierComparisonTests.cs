using Iced.Intel;
using Nestvisor.Engine.Software.Comparison;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Translation;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Comparison;

/// <summary>Native code that is wrong is found out: tests spoil it after it was made and has run.</summary>
public sealed unsafe class TierComparisonTests
{
    private const ulong Function = 0x20_0000;
    private const uint Data = 0x30_0000;
    private const string Block = "in block L1 cpl0 200000 at RIP 200000, run from operation 0 on";

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private static readonly SoftwareEngineOptions s_options = new() { TranslateAfter = 0, Compared = ComparedCode.All };

    [Fact]
    public void Register_OtherImmediate_IsNamedWithBlockAndBothValues()
    {
        string message = DifferenceAfter([0x78, 0x56, 0x34, 0x12], [0x79, 0x56, 0x34, 0x12], a =>
        {
            a.mov(ebx, 0x1234_5678);
            a.ret();
        });

        Assert.Contains(Block, message, StringComparison.Ordinal);
        Assert.Contains("  rbx: native 12345679, interpreted 12345678\n", message, StringComparison.Ordinal);
        Assert.Contains("mov ebx, 0x12345678\n", message, StringComparison.Ordinal);
        Assert.Contains("mov ebx, 0x12345679\n", message, StringComparison.Ordinal);
        Assert.DoesNotContain("memory at", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_OtherOperand_AreNamed()
    {
        // CMP EBX, 100: EBX is 0 here, so that CF is set, and with 0 ZF.
        string message = DifferenceAfter([0x83, 0xFB, 0x64], [0x83, 0xFB, 0x00], a =>
        {
            a.cmp(ebx, 100);
            a.ret();
        });

        Assert.Contains(Block, message, StringComparison.Ordinal);
        Assert.Contains("  rflags: native 46, interpreted 97\n", message, StringComparison.Ordinal);
        Assert.DoesNotContain("  rbx:", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_OtherValue_IsNamedByPhysicalAddress()
    {
        string message = DifferenceAfter([0x44, 0x33, 0x22, 0x11], [0x45, 0x33, 0x22, 0x11], a =>
        {
            a.mov(__dword_ptr[Data], 0x1122_3344);
            a.ret();
        });

        Assert.Contains(Block, message, StringComparison.Ordinal);
        Assert.Contains("  memory at 300000: native 45332211", message, StringComparison.Ordinal);
        Assert.Contains(", interpreted 44332211", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_WrittenBesideTheOperand_IsFound()
    {
        // MOV [RCX], BL becomes MOV [RCX], EBX with a prefix that says nothing.
        string message = DifferenceAfter([0x88, 0x19], [0x89, 0x19], a =>
        {
            a.mov(ebx, 0x0403_0201);
            a.mov(__byte_ptr[Data], bl);
            a.ret();
        });

        Assert.Contains("  memory at 300001: native 020304", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_OtherPage_IsAWayOutThatTheInterpreterDoesNotTake()
    {
        string message = DifferenceAfter([0x00, 0x00, 0x30, 0x00], [0x00, 0x00, 0x31, 0x00], a =>
        {
            a.mov(ebx, __dword_ptr[Data]);
            a.ret();
        });

        Assert.Contains("  end: native leaves at operation 0, interpreted goes to ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Branch_OtherCondition_IsNamedWithBothTargets()
    {
        // JB near becomes JAE.
        string message = DifferenceAfter([0x0F, 0x82], [0x0F, 0x83], a =>
        {
            Label end = a.CreateLabel();
            a.cmp(ebx, 1);
            a.jb(end);
            a.mov(edx, 5);
            a.Label(ref end);
            a.ret();
        });

        Assert.Matches("  end: native goes to 20000[0-9a-f], interpreted goes to 20000[0-9a-f]\n", message);
    }

    [Fact]
    public void Vector_OtherOperation_IsFound()
    {
        // PADDB becomes PADDW.
        string message = DifferenceAfter([0x0F, 0xFC, 0xC1], [0x0F, 0xFD, 0xC1], a =>
        {
            a.movd(xmm0, edi);
            a.movd(xmm1, esi);
            a.paddb(xmm0, xmm1);
            a.ret();
        });

        Assert.Contains("  x87 and vector state, byte 161 of the XSAVE area: native 81, interpreted 80\n", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_OfARunWithoutDifference_TellHowMuchWasCompared()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = new(options: s_options);
        guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 1000);
            a.Label(ref again);
            a.@lock.inc(__dword_ptr[Data]);
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });

        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Assert.Equal(1000UL, guest.Read(Data));
        Assert.InRange(counters["comparedRuns"], 1000, 1010);
        Assert.InRange(counters["comparedOperations"], 3000, 3010);
        Assert.Equal(0, counters["comparisonsLeftOut"]);
    }

    // Native code leaves IDIV by -1 to the interpreter, and FLDCW that unmasks: the piece ends there, with what was before.
    [Fact]
    public void Operations_ThatOnlyNativeCodeLeaves_AreNoDifference()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = new(options: s_options);
        guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, 10);
            a.mov(r8, -1L);
            a.mov(__dword_ptr[Data + 16], 0x340);
            a.Label(ref again);
            a.inc(__qword_ptr[Data]);
            a.mov(rax, __qword_ptr[Data]);
            a.cqo();
            a.idiv(r8);
            a.add(__qword_ptr[Data + 8], rax);
            a.inc(__qword_ptr[Data]);
            a.fldcw(__word_ptr[Data + 16]);
            a.inc(__qword_ptr[Data]);
            a.fninit();
            a.dec(ecx);
            a.jne(again);
            BareGuest.Stop(a);
        });

        Assert.Equal(-1, guest.UnexpectedVector);
        Assert.Equal(30UL, guest.Read(Data));
        Assert.Equal(unchecked((ulong)-145L), guest.Read(Data + 8));
        IReadOnlyDictionary<string, long> counters = guest.Partition.GetCounters();
        Assert.InRange(counters["comparedRuns"], 20, 100);
        Assert.Equal(0, counters["comparisonsLeftOut"]);
    }

    [Fact]
    public void Memory_WrittenByOthersMeanwhile_IsLeftOutAndNoDifference()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = new(options: s_options);
        bool ends = false;
        Thread device = new(() =>
        {
            uint* place = (uint*)(guest.Memory.Base + Data);
            while (!Volatile.Read(ref ends))
            {
                Interlocked.Add(ref *place, 3);
            }
        });
        device.Start();
        long left = 0;
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            while (left == 0 && clock.Elapsed < s_bound)
            {
                guest.Processor.State->Rip = BareGuest.Code;
                guest.Run(a =>
                {
                    Label again = a.CreateLabel();
                    a.mov(ecx, 100_000);
                    a.Label(ref again);
                    a.mov(ebx, __dword_ptr[Data]);
                    a.add(edx, ebx);
                    a.@lock.dec(__dword_ptr[Data]);
                    a.dec(ecx);
                    a.jne(again);
                    BareGuest.Stop(a);
                });
                left = guest.Partition.GetCounters()["comparisonsLeftOut"];
            }
        }
        finally
        {
            Volatile.Write(ref ends, true);
            device.Join();
        }

        Assert.NotEqual(0, left);
    }

    [Fact]
    public void Options_OfAnEngineThatOnlyInterprets_AreRefused() =>
        Assert.Contains(
            "no tiers to compare",
            Assert.Throws<ArgumentException>(() => new BareGuest(options: s_options with { TranslateAfter = SoftwareEngineOptions.Never })).Message,
            StringComparison.Ordinal);

    // Calls a function twice, with its native code as it was made, and spoilt.
    private static string DifferenceAfter(ReadOnlySpan<byte> right, ReadOnlySpan<byte> wrong, Action<Assembler> function)
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        using BareGuest guest = new(options: s_options);
        guest.Assemble(Function, function);
        Call(guest);
        Assert.Equal(-1, guest.UnexpectedVector);

        Spoil(guest.Processor.Translations!, right, wrong);
        guest.Processor.State->Rip = BareGuest.Code;
        return Assert.Throws<TierDifferenceException>(() => Call(guest)).Message;
    }

    private static void Call(BareGuest guest) => guest.Run(a =>
    {
        a.mov(edi, 0x80FF);
        a.mov(esi, 0x01);
        a.mov(eax, __dword_ptr[Data]);
        a.mov(__byte_ptr[Data + 8], al);
        a.xor(ebx, ebx);
        a.mov(eax, (uint)Function);
        a.call(rax);
        BareGuest.Stop(a);
    });

    private static void Spoil(TranslationCache cache, ReadOnlySpan<byte> right, ReadOnlySpan<byte> wrong)
    {
        for (int id = 0; id < cache.Translated; id++)
        {
            TranslatedBlock* block = cache.Block(id);
            int at = new ReadOnlySpan<byte>(block->Code, block->Bytes).IndexOf(right);
            if (block->Block->Physical == Function && at >= 0)
            {
                cache.Area.Replace(block->Code + at, wrong);
                return;
            }
        }

        Assert.Fail("The code to spoil is not there.");
    }
}
