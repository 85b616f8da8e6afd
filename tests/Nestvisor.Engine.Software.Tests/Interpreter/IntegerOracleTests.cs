using System.Globalization;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Interpreter.Integer;
using Nestvisor.Engine.Software.Tests.Oracle;

namespace Nestvisor.Engine.Software.Tests.Interpreter;

/// <summary>Every integer instruction against the host's processor.</summary>
public sealed class IntegerOracleTests
{
    private static readonly int s_cases = Setting("NESTVISOR_ORACLE_CASES", 1_000);
    private static readonly int s_seed = Setting("NESTVISOR_ORACLE_SEED", 20260131);

    [Fact]
    public void IntegerForms_RandomStates_EqualHost()
    {
        InstructionTable<HostMemory> table = new();
        IntegerFamilies<HostMemory>.Register(table);
        List<string> failures = [];
        OracleReport report = new();
        NativeRunner.OnOwnThread(runner =>
        {
            OracleRun run = new(runner, table, s_cases, s_seed);
            run.CheckAll(report, failures);
        });
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Console.WriteLine(report.ToString());
        Assert.True(failures.Count == 0, $"seed {s_seed}, {failures.Count} forms differ:\n" + string.Join("\n", failures.Take(60)));
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : fallback;
}
