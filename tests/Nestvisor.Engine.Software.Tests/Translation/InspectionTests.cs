using System.Globalization;
using System.Text.RegularExpressions;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Inspection;
using Nestvisor.Engine.Software.Tests.Guests;
using Nestvisor.Engine.Software.Translation;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>The files that tell people what was translated.</summary>
public sealed class InspectionTests : IDisposable
{
    private const int Rounds = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("nvinspect").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void PerfMap_OfARun_NamesGatewayAndBlocksByLines()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        string path = Path.Combine(_folder, "perf.map");
        File.WriteAllText(path, "of a process that had the number before");

        IReadOnlyDictionary<string, long> counters = Run(new SoftwareEngineOptions { TranslateAfter = 0, PerfMapFile = path });

        string text = File.ReadAllText(path);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        List<(ulong Start, ulong Size, string Name)> symbols = [];
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            Match match = Regex.Match(line, "^([0-9a-f]+) ([0-9a-f]+) ([ -~]+)$");
            Assert.True(match.Success, line);
            symbols.Add((Hex(match.Groups[1].Value), Hex(match.Groups[2].Value), match.Groups[3].Value));
        }

        // Nothing overlaps, as nothing was dropped.
        symbols.Sort();
        for (int i = 1; i < symbols.Count; i++)
        {
            Assert.True(symbols[i - 1].Start + symbols[i - 1].Size <= symbols[i].Start, symbols[i].Name);
            Assert.NotEqual(0UL, symbols[i].Size);
        }

        Assert.Contains(symbols, symbol => symbol.Name == "gateway enter");
        Assert.Contains(symbols, symbol => symbol.Name == "gateway enter with vectors with x87");
        Assert.Contains(symbols, symbol => symbol.Name == "gateway exit");
        Assert.Contains(symbols, symbol => symbol.Name == "L1 cpl0 100000");
        Assert.Equal(counters["blocksTranslated"], symbols.Count(symbol => symbol.Name.StartsWith("L1 cpl0 ", StringComparison.Ordinal)));
        Assert.True(symbols.Sum(symbol => (long)symbol.Size) <= counters["nativeCodeBytes"]);
    }

    [Fact]
    public void PerfMap_AtItsLimit_EndsWithALineThatSaysSo()
    {
        string path = Path.Combine(_folder, "perf.map");
        using (PerfMap map = new(path, 1000))
        {
            for (uint i = 0; i < 100; i++)
            {
                map.Add(0x7F00_0000_0000UL + (i * 16), 16, "L1 cpl0 123000");
            }
        }

        string[] lines = File.ReadAllLines(path);
        Assert.InRange(new FileInfo(path).Length, 900, 1000);
        Assert.Equal("7f0000000000 10 L1 cpl0 123000", lines[0]);
        Assert.Equal("0 1 the limit of 1000 bytes is reached, later blocks are not named", lines[^1]);
        Assert.InRange(lines.Length, 20, 40);
    }

    [Fact]
    public void PerfMap_WhereALinkLies_ReplacesTheLink()
    {
        string other = Path.Combine(_folder, "other");
        string path = Path.Combine(_folder, "perf.map");
        File.WriteAllText(other, "precious");
        File.CreateSymbolicLink(path, other);

        using (new PerfMap(path))
        {
        }

        Assert.Equal("precious", File.ReadAllText(other));
        Assert.Null(new FileInfo(path).LinkTarget);
    }

    [Fact]
    public void Dump_OfARun_ShowsGuestCodeBesideNativeCode()
    {
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        string path = Path.Combine(_folder, "dump.txt");

        IReadOnlyDictionary<string, long> counters = Run(new SoftwareEngineOptions { TranslateAfter = 0, TranslationsFile = path });

        string text = File.ReadAllText(path);
        string[] blocks = text.Split("\nblock ");
        Assert.StartsWith("; Translations of the software engine.", blocks[0], StringComparison.Ordinal);
        Assert.Contains("rax=r9, rcx=r10,", blocks[0], StringComparison.Ordinal);
        Assert.Equal(counters["blocksTranslated"], blocks.Length - 1);
        string loop = Assert.Single(blocks, block => block.Contains(": L1 cpl0 100005, ", StringComparison.Ordinal));
        string[] lines = loop.TrimEnd('\n').Split('\n');
        Assert.Matches("^[0-9]+, processor 0: L1 cpl0 100005, mode [0-9a-f]+, 4 operations, 11 bytes, native [0-9]+ bytes$", lines[0]);
        Assert.Equal(
            [
                "  guest",
                "    000000100005  bb07000000            mov ebx, 7",
                "    00000010000a  e461                  in al, 0x61",
                "    00000010000c  ffc9                  dec ecx",
                "    00000010000e  75f5                  jne 0x100005",
                "  native",
            ],
            lines[1..7]);

        // EBX stays where it is; the guest's ECX is the host's R10D.
        string native = string.Join('\n', lines[7..]);
        Assert.Matches("  \\.entry, flags in memory:\n", native);
        Assert.Matches("[0-9a-f]{12}  bb07000000            mov ebx, 7\n", native);
        Assert.Matches("; operation 1 is interpreted\n", native);
        Assert.Matches("\n  \\.operation 2:\n", native);
        Assert.Matches("dec r10d", native);
        Assert.Matches("; gateway exit\n", native);
        Assert.DoesNotContain("(bad)", native, StringComparison.Ordinal);

        // Without a gap from the first byte to the last.
        int size = int.Parse(Regex.Match(lines[0], "native ([0-9]+) bytes").Groups[1].Value, CultureInfo.InvariantCulture);
        ulong next = 0;
        foreach (string line in lines[7..].Where(line => line.StartsWith("    ", StringComparison.Ordinal)))
        {
            ulong at = Hex(line[4..16]);
            Assert.True(next == 0 || next == at, line);
            string bytes = line[18..].Split(' ')[0];
            next = at + (bytes.Length == 0 ? 4UL : (ulong)bytes.Length / 2);
        }

        Assert.Equal(Hex(lines[8][4..16]) + (ulong)size, next);
    }

    [Fact]
    public void Dump_AtItsLimit_EndsWithALineThatSaysSo()
    {
        const int Limit = 10_000;
        Assert.SkipUnless(RecipeTable.HostServes, "This host cannot run translated code.");
        string path = Path.Combine(_folder, "dump.txt");
        using (BareGuest guest = new(options: new SoftwareEngineOptions { TranslateAfter = 0 }))
        using (TranslationDump dump = new(path, DecoderOptions.None, Limit))
        {
            RunLoop(guest);
            WriteOften(guest.Processor, dump);
        }

        string[] lines = File.ReadAllLines(path);
        Assert.InRange(new FileInfo(path).Length, Limit / 2, Limit);
        Assert.Equal("; The limit of 10000 bytes is reached: later translations are not here.", lines[^1]);
        Assert.Equal("", lines[^2]);
    }

    [Fact]
    public void Files_OfAnEngineThatOnlyInterprets_AreRefused() =>
        Assert.Contains(
            "interpreted only",
            Assert.Throws<ArgumentException>(() => Run(new SoftwareEngineOptions
            {
                TranslateAfter = SoftwareEngineOptions.Never,
                PerfMapFile = Path.Combine(_folder, "perf.map"),
            })).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(2u, "L1 cpl0 12345678")]
    [InlineData(2u | (3 << BlockMode.CplShift) | BlockMode.GuestMode, "L2 cpl3 12345678")]
    [InlineData(1u | (3 << BlockMode.CplShift) | BlockMode.LongMode, "L1 cpl3 32-bit 12345678")]
    public void BlockName_OfAMode_HasLevelPrivilegeAndAddress(uint mode, string name) =>
        Assert.Equal(name, BlockName.Of(0x1234_5678, new BlockMode(mode)));

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    // A loop with an operation in it that is interpreted.
    private static IReadOnlyDictionary<string, long> Run(SoftwareEngineOptions options)
    {
        using BareGuest guest = new(options: options);
        RunLoop(guest);
        return guest.Partition.GetCounters();
    }

    private static unsafe void WriteOften(SoftwareProcessor processor, TranslationDump dump)
    {
        TranslationCache cache = processor.Translations!;
        byte[] code = [0x90];
        for (int i = 0; i < 100; i++)
        {
            dump.Add(cache, cache.Block(0)->Block, code, 0);
        }
    }

    private static void RunLoop(BareGuest guest)
    {
        guest.Run(a =>
        {
            Label again = a.CreateLabel();
            a.mov(ecx, Rounds);
            a.Label(ref again);
            a.mov(ebx, 7);
            a.@in(al, 0x61);
            a.dec(ecx);
            a.jne(again);
            a.xor(eax, eax);
            BareGuest.Stop(a);
        });
        Assert.Equal(-1, guest.UnexpectedVector);
    }
}
