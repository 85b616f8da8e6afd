using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>Every instruction as native code against the host's processor.</summary>
public sealed class TranslatorOracleTests
{
    private const int Cases = 1_000;
    private const int Seed = 20261126;

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void IntegerForms_RandomStates_EqualHost(int bitness)
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        List<string> failures = [];
        OracleReport report = new();
        NativeRunner.OnOwnThread(runner =>
        {
            using TranslatorSide side = new(table, runner, bitness);
            OracleRun run = new(runner, table, Cases, Seed, bitness, side);
            run.CheckAll(report, failures);

            // A form that could not be encoded would pass as well: it is interpreted.
            failures.AddRange(report.Covered.Where(code => RecipeTable.HostServes && RecipeTable.Of(code) != Recipe.None && !side.NativeCodes.Contains(code))
                .Select(code => $"{code} is never native"));
        });
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(failures.Count == 0, $"seed {Seed}, {failures.Count} forms differ:\n" + string.Join("\n", failures.Take(60)));
    }
}
