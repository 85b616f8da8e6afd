using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>Something that is not as in Hyper-V's module.</summary>
internal sealed record Difference(string Owner, string Member, string Aspect, string Text)
{
    public override string ToString() => $"{Owner}\t{Member}\t{Aspect}\t({Text})";
}

/// <summary>The commands of the loaded module beside Hyper-V's.</summary>
internal sealed class Comparison
{
    private int _refusedParameters;
    private int _ownCommands;
    private int _ownParameters;

    /// <summary>Compares.</summary>
    /// <param name="commands">Hyper-V's commands.</param>
    /// <param name="carried">The commands that are there.</param>
    public Comparison(IReadOnlyDictionary<string, CommandShape> commands, IEnumerable<CmdletInfo> carried)
    {
        HashSet<string> seen = [];
        foreach (CmdletInfo command in carried)
        {
            _ = seen.Add(command.Name);
            if (commands.TryGetValue(command.Name, out CommandShape? shape))
            {
                Compare(command, shape);
            }
            else
            {
                _ownCommands++;
                Differences.Add(new Difference(command.Name, "", "extra", "a command of Nestvisor's own"));
            }
        }

        foreach (CommandShape command in commands.Values)
        {
            if (!seen.Contains(command.Name))
            {
                Missing.Add(command.Name);
                MissingParameters += command.Parameters.Count;
            }
        }
    }

    /// <summary>All that differs in the commands that are there.</summary>
    public List<Difference> Differences { get; } = [];

    /// <summary>Hyper-V's commands that are not there.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>Commands that are as Hyper-V's in everything.</summary>
    public int HeldCommands { get; private set; }

    /// <summary>Commands that differ in something.</summary>
    public int DifferentCommands { get; private set; }

    /// <summary>Parameters that are as Hyper-V's in everything.</summary>
    public int HeldParameters { get; private set; }

    /// <summary>Parameters that differ in something.</summary>
    public int DifferentParameters { get; private set; }

    /// <summary>Parameters that are not there, most of them because their command is not.</summary>
    public int MissingParameters { get; private set; }

    /// <summary>The counts, as a table.</summary>
    public override string ToString() => new StringBuilder()
        .AppendLine(CultureInfo.InvariantCulture, $"            {"held",6} {"different on purpose",22} {"missing",8} {"of Hyper-V's",13} {"own",5}")
        .AppendLine(
            CultureInfo.InvariantCulture,
            $"commands    {HeldCommands,6} {DifferentCommands,22} {Missing.Count,8} {HeldCommands + DifferentCommands + Missing.Count,13} {_ownCommands,5}")
        .AppendLine(
            CultureInfo.InvariantCulture,
            $"parameters  {HeldParameters,6} {DifferentParameters,22} {MissingParameters,8} "
                + $"{HeldParameters + DifferentParameters + MissingParameters,13} {_ownParameters,5}")
        .Append(CultureInfo.InvariantCulture, $"Of the parameters that are there, {_refusedParameters} are refused, but for values that ask for what is the case anyway.")
        .ToString();

    private void Compare(CmdletInfo command, CommandShape there)
    {
        CommandShape here = ModuleShape.Of(command);
        int before = Differences.Count;
        Add(there.Name, "", here.DifferencesFrom(there));
        foreach (ParameterShape parameter in there.Parameters.Values)
        {
            if (!here.Parameters.TryGetValue(parameter.Name, out ParameterShape? own))
            {
                Differences.Add(new Difference(there.Name, parameter.Name, "absent", $"{parameter.Type} {parameter.Sets}"));
                MissingParameters++;
                continue;
            }

            _refusedParameters += IsRefused(command, parameter.Name) ? 1 : 0;
            if (Add(there.Name, parameter.Name, own.DifferencesFrom(parameter)))
            {
                DifferentParameters++;
            }
            else
            {
                HeldParameters++;
            }
        }

        foreach (string name in here.Parameters.Keys.Where(name => !there.Parameters.ContainsKey(name)))
        {
            Differences.Add(new Difference(there.Name, name, "extra", "a parameter of Nestvisor's own"));
            _ownParameters++;
        }

        if (Differences.Count == before)
        {
            HeldCommands++;
        }
        else
        {
            DifferentCommands++;
        }
    }

    private bool Add(string owner, string member, IEnumerable<string> differences)
    {
        int before = Differences.Count;
        Differences.AddRange(differences.Select(text => new Difference(owner, member, text[..text.IndexOf(' ', StringComparison.Ordinal)], text)));
        return Differences.Count > before;
    }

    private static bool IsRefused(CmdletInfo command, string parameter) =>
        command.ImplementingType.GetProperty(parameter)?.GetCustomAttributesData().Any(data => data.AttributeType.Name == "UnsupportedAttribute") == true;
}
