using System.Management.Automation;

namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>
/// The module beside Hyper-V's own, as scripts see both: each of Hyper-V's commands, parameters and types is as it is there, or stands
/// with a reason in Data/missing.tsv or Data/differences.tsv. An entry that is no longer true fails too.
/// </summary>
public sealed class SurfaceTests : IClassFixture<Session>
{
    private const int CommandsOfHyperV = 238;
    private const int ParametersOfHyperV = 2171;

    private readonly CmdletInfo[] _carried;
    private readonly Comparison _comparison;

    public SurfaceTests(Session session)
    {
        _carried = [.. session.Run("Get-Command -Module Hyper-V -CommandType Cmdlet").Select(command => (CmdletInfo)command.BaseObject)];
        _comparison = new Comparison(SurfaceData.Commands(), _carried);
    }

    [Fact]
    public void Commands_Differences_AreTheListedOnes() => AreListed(_comparison.Differences, isType: false);

    [Fact]
    public void Types_Differences_AreTheListedOnes() => AreListed(TypeComparison.Differences(), isType: true);

    [Fact]
    public void Commands_ThatAreMissing_AreTheListedOnes()
    {
        Dictionary<string, string> listed = SurfaceData.Missing();

        Assert.Equal(listed.Keys.Order(StringComparer.Ordinal), _comparison.Missing.Order(StringComparer.Ordinal));
        Assert.All(listed, entry => Assert.True(entry.Value.Length > 0, $"missing.tsv gives no reason for {entry.Key}"));
    }

    [Fact]
    public void Counts_OfHyperVsModule_AreComplete()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(_comparison.ToString());

        Assert.Equal(CommandsOfHyperV, _comparison.HeldCommands + _comparison.DifferentCommands + _comparison.Missing.Count);
        Assert.Equal(ParametersOfHyperV, _comparison.HeldParameters + _comparison.DifferentParameters + _comparison.MissingParameters);
    }

    [Theory]
    [InlineData("type")]
    [InlineData("sets")]
    [InlineData("aliases")]
    [InlineData("validation")]
    [InlineData("confirmation")]
    [InlineData("absent")]
    [InlineData("extra")]
    public void Comparison_WithAnAlteredCommand_FindsIt(string aspect)
    {
        SortedDictionary<string, CommandShape> commands = SurfaceData.Commands();
        CommandShape command = commands["Stop-VM"];
        ParameterShape name = command.Parameters["Name"];
        _ = command.Parameters.Remove(aspect == "extra" ? "Name" : "");
        command.Parameters[aspect is "extra" or "absent" ? "Other" : "Name"] = aspect switch
        {
            "type" => name with { Type = "String" },
            "sets" => name with { Sets = "Name:1!v" },
            "aliases" => name with { Aliases = "" },
            "validation" => name with { Validation = "NotNull" },
            _ => name with { Name = aspect is "extra" or "absent" ? "Other" : "Name" },
        };
        commands["Stop-VM"] = aspect == "confirmation" ? command with { Confirmation = "High" } : command;

        Assert.Contains(new Comparison(commands, _carried).Differences, difference => difference.Owner == "Stop-VM" && difference.Aspect == aspect);
    }

    private static void AreListed(IEnumerable<Difference> differences, bool isType)
    {
        Dictionary<(string Owner, string Member, string Aspect), string> listed = SurfaceData.Differences();
        List<string> wrong = [];
        foreach (Difference difference in differences)
        {
            if (!listed.Remove((difference.Owner, difference.Member, difference.Aspect), out string? reason))
            {
                wrong.Add($"not listed: {difference}");
            }
            else if (reason.Length == 0)
            {
                wrong.Add($"no reason: {difference}");
            }
        }

        wrong.AddRange(listed.Keys.Where(key => key.Owner.StartsWith('~') == isType).Select(key => $"listed, but not so: {key}"));
        Assert.True(wrong.Count == 0, $"Data/differences.tsv is wrong:\n{string.Join('\n', wrong)}");
    }
}
