using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nestvisor.HelpWriter;

/// <summary>
/// The help of a command. The words are those of the comments on its class: the summary is the synopsis, the remarks are the description,
/// the example is the example; a parameter's is the summary of its property. All else is what the engine says about the command.
/// </summary>
internal sealed partial class CommandHelp
{
    private CommandHelp(CmdletInfo command, DocComments comments)
    {
        Command = command;
        XElement? comment = comments.Of(command.ImplementingType);
        (Synopsis, bool isExtension) = SynopsisOf(command.Name, DocComments.Text(comment?.Element("summary")));
        Description = [.. DocComments.Paragraphs(comment?.Element("remarks"))];
        if (isExtension && Description.Count > 0)
        {
            Description.Add("This command is an extension of Nestvisor's: Hyper-V has none of this name.");
        }

        Examples = [.. (comment?.Elements("example") ?? []).Select(example => new ExampleHelp(DocComments.Text(example), DocComments.Code(example.Element("code"))))];
        Syntaxes = [.. command.ParameterSets.Select(set => new SyntaxHelp(set))];
        Parameters = [.. command.Parameters.Values
            .Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))
            .OrderBy(parameter => parameter.Name, StringComparer.OrdinalIgnoreCase)
            .Select(parameter => new ParameterHelp(command, parameter, comments))];
    }

    /// <summary>What the engine knows about the command.</summary>
    public CmdletInfo Command { get; }

    /// <summary>What it does, in a sentence or two.</summary>
    public string Synopsis { get; }

    /// <summary>More, in paragraphs.</summary>
    public List<string> Description { get; }

    /// <summary>Examples.</summary>
    public IReadOnlyList<ExampleHelp> Examples { get; }

    /// <summary>A line of syntax for each parameter set, in the engine's order.</summary>
    public IReadOnlyList<SyntaxHelp> Syntaxes { get; }

    /// <summary>The parameters by name, without those that every command has.</summary>
    public IReadOnlyList<ParameterHelp> Parameters { get; }

    /// <summary>The commands of an assembly, by name.</summary>
    public static IEnumerable<CommandHelp> Of(Assembly assembly, DocComments comments) => assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract)
        .Select(type => (Type: type, Declaration: type.GetCustomAttribute<CmdletAttribute>()))
        .Where(command => command.Declaration is not null)
        .Select(command => new CmdletInfo($"{command.Declaration!.VerbName}-{command.Declaration.NounName}", command.Type))
        .OrderBy(command => command.Name, StringComparer.OrdinalIgnoreCase)
        .Select(command => new CommandHelp(command, comments));

    /// <summary>Makes the first letter a capital.</summary>
    public static string Capitalized(string text) => text.Length == 0 ? text : char.ToUpper(text[0], CultureInfo.InvariantCulture) + text[1..];

    // In the source the summary begins with the command's name.
    private static (string Text, bool IsExtension) SynopsisOf(string name, string summary)
    {
        Match begin = NameBefore().Match(summary);
        return begin.Success && begin.Groups[1].Value == name
            ? (Capitalized(summary[begin.Length..]), begin.Groups[2].Success)
            : (Capitalized(summary), false);
    }

    [GeneratedRegex(@"^(\w+-\w+)(, an extension)?: ")]
    private static partial Regex NameBefore();
}

/// <summary>An example: what it does and the lines to type.</summary>
internal sealed record ExampleHelp(string Title, string Code);
