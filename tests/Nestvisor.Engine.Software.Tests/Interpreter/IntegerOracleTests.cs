using System.Globalization;
using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;

namespace Nestvisor.Engine.Software.Tests.Interpreter;

/// <summary>Every integer instruction against the host's processor.</summary>
public sealed class IntegerOracleTests
{
    private static readonly int s_cases = Setting("NESTVISOR_ORACLE_CASES", 1_000);
    private static readonly int s_seed = Setting("NESTVISOR_ORACLE_SEED", 20260131);

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    [InlineData(16)]
    public void IntegerForms_RandomStates_EqualHost(int bitness)
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        List<string> failures = [];
        OracleReport report = new();
        NativeRunner.OnOwnThread(runner =>
        {
            OracleRun run = new(runner, table, s_cases, s_seed, bitness);
            run.CheckAll(report, failures);
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{bitness}-bit code. {report}");
        Assert.True(failures.Count == 0, $"seed {s_seed}, {failures.Count} forms differ:\n" + string.Join("\n", failures.Take(60)));
    }

    /// <summary>One list of all codes: compared with the host, in which code, or not, and why.</summary>
    [Fact]
    public void AllCodes_OneList_CoveredOrExcludedWithReason()
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        HashSet<Code> vector = [.. Vector.VectorInstructions.Tested()];
        SortedDictionary<string, List<Code>> groups = new(StringComparer.Ordinal);
        NativeRunner.OnOwnThread(runner =>
        {
            OracleRun[] runs = [new(runner, table, 0, 0, 64), new(runner, table, 0, 0, 32), new(runner, table, 0, 0, 16)];
            foreach (Code code in Enum.GetValues<Code>())
            {
                string?[] why = [.. runs.Select(run => run.WhyNot(code))];
                string group = vector.Contains(code) ? "compared, x87 and vector, 64-bit code"
                    : why.Contains(null) ? "compared, integer, code of bits:" + (why[0] is null ? " 64" : "") + (why[1] is null ? " 32" : "") + (why[2] is null ? " 16" : "")
                    : "excluded, " + Reason(code, table[code] is null ? "" : why[0]!);
                if (!groups.TryGetValue(group, out List<Code>? codes))
                {
                    groups[group] = codes = [];
                }

                codes.Add(code);
            }
        });
        StringBuilder text = new($"Iced knows {Enum.GetValues<Code>().Length} codes.\n");
        foreach ((string group, List<Code> codes) in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"{group}: {codes.Count}\n  {string.Join(' ', codes)}\n");
        }

        // The run prints the numbers; the test's own output has the names too.
        Console.WriteLine($"Iced knows {Enum.GetValues<Code>().Length} codes.\n"
            + string.Join('\n', groups.Select(g => $"  {g.Key}: {g.Value.Count}")));
        TestContext.Current.TestOutputHelper?.WriteLine(text.ToString());
        Assert.Equal(Enum.GetValues<Code>().Length, groups.Values.Sum(codes => codes.Count));
        Assert.True(groups.Where(g => g.Key.StartsWith("compared", StringComparison.Ordinal)).Sum(g => g.Value.Count) > 1_900);
    }

    private static string Reason(Code code, string integer)
    {
        if (integer.Length != 0)
        {
            return "integer: " + integer;
        }

        if (InstructionTable<FlatMemory>.Complete[code] is not null)
        {
            return "system, control flow or state of the processor: tested by guests";
        }

        EncodingKind encoding = code.Encoding();
        return encoding is EncodingKind.Legacy or EncodingKind.VEX
            ? "not provided: " + string.Join('+', code.CpuidFeatures())
            : $"not provided: encoding {encoding}";
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : fallback;
}
