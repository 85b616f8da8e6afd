using System.Management.Automation;
using Microsoft.Management.Infrastructure;

namespace Nestvisor.NetworkCommands.Tests.Surface;

/// <summary>
/// The commands beside Windows' own, as its documentation gives them: each command and parameter is as it is there, or stands with a reason in
/// Data/missing.tsv or Data/differences.tsv. An entry that is no longer true fails too.
/// </summary>
public sealed class SurfaceTests : IClassFixture<Session>
{
    private const int CommandsOfWindows = 31;

    private readonly Dictionary<string, CmdletInfo> _carried;

    public SurfaceTests(Session session) => _carried = Session.Modules.Where(module => module != "Netsh")
        .SelectMany(module => session.Run($"Get-Command -Module {module} -CommandType Cmdlet"))
        .Select(command => (CmdletInfo)command.BaseObject)
        .ToDictionary(command => command.Name);

    [Fact]
    public void Commands_ThatAreMissing_AreTheListedOnes()
    {
        Dictionary<string, string> listed = Rows("missing.tsv").ToDictionary(row => row[0], row => row[1]);

        Assert.Equal(listed.Keys.Order(StringComparer.Ordinal), Windows().Keys.Except(_carried.Keys).Order(StringComparer.Ordinal));
        Assert.All(listed, entry => Assert.True(entry.Value.Length > 0, $"missing.tsv gives no reason for {entry.Key}"));
        Assert.Equal(CommandsOfWindows, Windows().Count);
        Assert.Empty(_carried.Keys.Except(Windows().Keys));
    }

    [Fact]
    public void Commands_Differences_AreTheListedOnes()
    {
        Dictionary<(string, string, string), string> listed = Rows("differences.tsv").ToDictionary(row => (row[0], row[1], row[2]), row => row[3]);

        (string, string, string)[] found = [.. Differences(Windows())];

        Assert.Equal(listed.Keys.Order(), found.Order());
        Assert.All(listed.Values, reason => Assert.NotEmpty(reason));
    }

    [Theory]
    [InlineData("module")]
    [InlineData("default set")]
    [InlineData("confirmation")]
    [InlineData("type")]
    [InlineData("sets")]
    [InlineData("aliases")]
    [InlineData("absent")]
    [InlineData("extra")]
    public void Comparison_WithAnAlteredCommand_FindsIt(string aspect)
    {
        Dictionary<string, Command> windows = Windows();
        Command command = windows["Remove-NetNat"];
        string[] name = command.Parameters["Name"];
        windows["Remove-NetNat"] = aspect switch
        {
            "module" => command with { Module = "Other" },
            "default set" => command with { DefaultSet = "Other" },
            "confirmation" => command with { Confirms = "-" },
            _ => command,
        };
        switch (aspect)
        {
            case "type":
                name[1] = "String";
                break;
            case "sets":
                name[2] += "v";
                break;
            case "aliases":
                name[3] = "Other";
                break;
            case "absent":
                command.Parameters["Other"] = name;
                break;
            case "extra":
                _ = command.Parameters.Remove("Name");
                break;
            default:
                break;
        }

        Assert.Contains(Differences(windows), difference => difference.Command == "Remove-NetNat" && difference.Aspect == aspect);
    }

    private IEnumerable<(string Command, string Parameter, string Aspect)> Differences(Dictionary<string, Command> windows)
    {
        foreach ((string name, Command expected) in windows)
        {
            if (!_carried.TryGetValue(name, out CmdletInfo? carried))
            {
                continue;
            }

            CmdletAttribute declaration = (CmdletAttribute)Attribute.GetCustomAttribute(carried.ImplementingType, typeof(CmdletAttribute))!;
            bool[] equal =
            [
                expected.Module == carried.ModuleName,
                expected.DefaultSet == (carried.DefaultParameterSet is null or "" ? "*" : carried.DefaultParameterSet),
                expected.Confirms == (declaration.SupportsShouldProcess ? "+" : "-"),
            ];
            foreach ((string aspect, bool isEqual) in ((string[])["module", "default set", "confirmation"]).Zip(equal))
            {
                if (!isEqual)
                {
                    yield return (name, "-", aspect);
                }
            }

            Dictionary<string, ParameterMetadata> own = carried.Parameters
                .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Key) && !Cmdlet.OptionalCommonParameters.Contains(parameter.Key))
                .ToDictionary(parameter => parameter.Key, parameter => parameter.Value);
            foreach (string extra in own.Keys.Except(expected.Parameters.Keys))
            {
                yield return (name, extra, "extra");
            }

            foreach ((string parameter, string[] row) in expected.Parameters)
            {
                if (!own.TryGetValue(parameter, out ParameterMetadata? actual))
                {
                    yield return (name, parameter, "absent");
                    continue;
                }

                string[] texts = [TypeText(actual), SetsText(actual), string.Join(';', actual.Aliases.Order(StringComparer.Ordinal))];
                for (int column = 0; column < texts.Length; column++)
                {
                    if (texts[column] != row[column + 1])
                    {
                        yield return (name, parameter, ((string[])["type", "sets", "aliases"])[column]);
                    }
                }
            }
        }
    }

    private static Dictionary<string, Command> Windows()
    {
        Dictionary<string, Command> commands = [];
        Command? last = null;
        foreach (string[] row in Rows("commands.tsv"))
        {
            if (row[0].Length > 0)
            {
                commands[row[0]] = last = new Command(row[1], row[2], row[3], []);
            }
            else
            {
                last!.Parameters[row[1]] = [row[1], row[2], row[3], row.Length > 4 ? row[4] : ""];
            }
        }

        return commands;
    }

    private static string TypeText(ParameterMetadata parameter)
    {
        Type type = parameter.ParameterType;
        string array = type.IsArray ? "[]" : "";
        type = type.IsArray ? type.GetElementType()! : type;
        type = Nullable.GetUnderlyingType(type) ?? type;
        return (type.IsEnum ? Choice(Enum.GetNames(type))
            : type.IsSubclassOf(typeof(CimObject)) || type == typeof(object) ? nameof(CimInstance)
            : parameter.Attributes.OfType<ValidateSetAttribute>().SingleOrDefault() is { } set ? Choice(set.ValidValues)
            : type.Name) + array;
    }

    private static string Choice(IEnumerable<string> values) => $"{{{string.Join('|', values.Order(StringComparer.Ordinal))}}}";

    private static string SetsText(ParameterMetadata parameter)
    {
        string[] texts = [.. parameter.ParameterSets.Select(set =>
            $"{(set.Key == ParameterAttribute.AllParameterSets ? "*" : set.Key)}:{(set.Value.Position == int.MinValue ? "-" : set.Value.Position.ToString(System.Globalization.CultureInfo.InvariantCulture))}"
            + $"{(set.Value.IsMandatory ? "!" : "")}{(set.Value.ValueFromPipeline ? "v" : "")}{(set.Value.ValueFromPipelineByPropertyName ? "n" : "")}")];
        return string.Join(';', texts.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string[]> Rows(string name)
    {
        using Stream stream = typeof(SurfaceTests).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('\t'))];
    }

    private sealed record Command(string Module, string DefaultSet, string Confirms, Dictionary<string, string[]> Parameters);
}
