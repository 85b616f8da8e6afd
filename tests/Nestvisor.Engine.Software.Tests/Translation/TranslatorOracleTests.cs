using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;

namespace Nestvisor.Engine.Software.Tests.Translation;

/// <summary>Every instruction as native code against the host's processor.</summary>
public sealed class TranslatorOracleTests
{
    private const int Cases = 1_000;
    private const int Seed = 20261126;

    [Fact]
    public void IntegerForms_RandomStates_EqualHost()
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        List<string> failures = [];
        OracleReport report = new();
        NativeRunner.OnOwnThread(runner =>
        {
            using TranslatorSide side = new(table, runner.SlotAddress, runner.LandingAddress);
            OracleRun run = new(runner, table, Cases, Seed, 64, side);
            run.CheckAll(report, failures);
        });
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(failures.Count == 0, $"seed {Seed}, {failures.Count} forms differ:\n" + string.Join("\n", failures.Take(60)));
    }
}
