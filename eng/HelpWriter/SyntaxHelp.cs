using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Nestvisor.HelpWriter;

/// <summary>One parameter in a line of syntax.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Required">Whether it has to be given.</param>
/// <param name="Position">Its position; null if it is given by name only.</param>
/// <param name="Value">Its type as the engine writes it; null for a switch.</param>
internal sealed record SyntaxParameter(string Name, bool Required, int? Position, string? Value);

/// <summary>
/// A line of syntax, taken from the engine's own text of the parameter set: only the engine knows the order of the parameters and the short
/// names of types, and the line in the help is to be the one that Get-Command -Syntax shows.
/// </summary>
internal sealed partial class SyntaxHelp
{
    /// <summary>Reads the line of a parameter set.</summary>
    /// <exception cref="InvalidOperationException">The engine writes it in another way than this one knows.</exception>
    public SyntaxHelp(CommandParameterSetInfo set)
    {
        Name = set.Name;
        string text = set.ToString();
        List<SyntaxParameter> parameters = [];
        int end = 0;
        foreach (Match match in Parameter().Matches(text))
        {
            if (match.Index != end)
            {
                throw Unknown(text);
            }

            end = match.Index + match.Length;
            string name = match.Groups["name"].Value;
            CommandParameterInfo parameter = set.Parameters.Single(parameter => parameter.Name == name);
            parameters.Add(new SyntaxParameter(
                name,
                parameter.IsMandatory,
                parameter.Position == int.MinValue ? null : parameter.Position,
                match.Groups["value"] is { Success: true } value ? value.Value : null));
        }

        if (text[end..].Trim() is not ("" or "[<CommonParameters>]"))
        {
            throw Unknown(text);
        }

        Parameters = parameters;
    }

    /// <summary>The parameter set.</summary>
    public string Name { get; }

    /// <summary>The parameters in the order of the line.</summary>
    public IReadOnlyList<SyntaxParameter> Parameters { get; }

    private static InvalidOperationException Unknown(string text) => new($"The engine's syntax is not understood: {text}");

    // -Name <type>, [-Name <type>], [-Name] <type>, [[-Name] <type>], [-Switch], -Switch
    [GeneratedRegex(@"\G\[{0,2}-(?<name>\w+)\]?(?: <(?<value>[^>]+)>)?\]?(?: |$)")]
    private static partial Regex Parameter();
}
