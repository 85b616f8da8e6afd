using Iced.Intel;
using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Tests.Oracle;
using Nestvisor.Engine.Software.Translation;

namespace Nestvisor.Engine.Software.Tests.Vector;

public sealed class VectorOracleTests
{
    private const int Encodings = 25;
    private const int CasesEach = 40;

    /// <summary>Every vector and x87 code agrees with the host's processor in 1,000 random cases.</summary>
    [Theory]
    [InlineData("interpreter", 64)]
    [InlineData("interpreter", 32)]
    [InlineData("translator", 64)]
    [InlineData("translator", 32)]
    public void AllCodes_RandomCases_AgreeWithHost(string tier, int bitness)
    {
        List<string> failures = [];
        int codes = 0;
        long cases = 0;
        int encodings = Environment.GetEnvironmentVariable("NESTVISOR_ORACLE_ENCODINGS") is string text ? int.Parse(text) : Encodings;
        string? only = Environment.GetEnvironmentVariable("NESTVISOR_ORACLE_ONLY");
        NativeRunner.OnOwnThread(runner =>
        {
            using TranslatorSide? translator = tier == "translator"
                ? new(InstructionTable<HostMemory>.Complete, runner, bitness)
                : null;
            foreach (Code code in VectorInstructions.Tested(bitness))
            {
                if (translator != null && RecipeTable.Of(code) == Recipe.None)
                {
                    // What has no recipe is interpreted.
                    continue;
                }

                if (only != null && !code.ToString().Contains(only, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                using VectorOracle oracle = new(runner, (int)code, translator, bitness);
                string? difference = oracle.Run(code, encodings, CasesEach, out int done);
                codes++;
                cases += done;
                if (difference != null)
                {
                    failures.Add($"{code}: {difference}");
                }
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{codes} codes, {cases} cases, {failures.Count} codes differ\n{string.Join('\n', failures)}");
        Assert.Empty(failures);
    }
}
