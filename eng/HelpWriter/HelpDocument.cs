using System.Globalization;
using System.Management.Automation;
using System.Xml.Linq;

namespace Nestvisor.HelpWriter;

/// <summary>Writes help as MAML, the form in which PowerShell reads that of compiled commands.</summary>
internal static class HelpDocument
{
    private static readonly XNamespace Items = "http://msh";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Cmd = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    /// <summary>The help of commands.</summary>
    public static XDocument Of(IEnumerable<CommandHelp> commands) => new(new XElement(
        Items + "helpItems",
        new XAttribute("schema", "maml"),
        new XAttribute(XNamespace.Xmlns + "maml", Maml),
        new XAttribute(XNamespace.Xmlns + "command", Cmd),
        new XAttribute(XNamespace.Xmlns + "dev", Dev),
        commands.Select(Command)));

    private static XElement Command(CommandHelp help) => new(
        Cmd + "command",
        new XElement(
            Cmd + "details",
            new XElement(Cmd + "name", help.Command.Name),
            new XElement(Cmd + "verb", help.Command.Verb),
            new XElement(Cmd + "noun", help.Command.Noun),
            Description(help.Synopsis)),
        Description([.. help.Description]),
        new XElement(Cmd + "syntax", help.Syntaxes.Select(syntax => Syntax(help, syntax))),
        new XElement(Cmd + "parameters", help.Parameters.Select(parameter => Parameter(help, parameter))),
        new XElement(Cmd + "inputTypes", Types(help.Parameters.Where(parameter => parameter.PipelineInput != "False").Select(parameter => ElementName(parameter.Parameter.ParameterType)), "inputType")),
        new XElement(Cmd + "returnValues", Types(help.Command.OutputType.Select(output => output.Name), "returnValue")),
        new XElement(Cmd + "examples", help.Examples.Select(Example)));

    private static XElement Syntax(CommandHelp help, SyntaxHelp syntax) => new(
        Cmd + "syntaxItem",
        new XElement(Maml + "name", help.Command.Name),
        syntax.Parameters.Select(parameter =>
            Parameter(help.Parameters.Single(known => known.Parameter.Name == parameter.Name), parameter.Required, parameter.Position, parameter.Value)));

    // In the list of parameters stands what holds in the default set, or in the first that has the parameter.
    private static XElement Parameter(CommandHelp help, ParameterHelp parameter)
    {
        SyntaxParameter Find(SyntaxHelp syntax) => syntax.Parameters.First(known => known.Name == parameter.Parameter.Name);
        SyntaxHelp[] syntaxes = [.. help.Syntaxes.Where(syntax => syntax.Parameters.Any(known => known.Name == parameter.Parameter.Name))];
        SyntaxParameter shown = Find(Array.Find(syntaxes, syntax => syntax.Name == help.Command.DefaultParameterSet) ?? syntaxes[0]);
        return Parameter(parameter, shown.Required, shown.Position, shown.Value);
    }

    private static XElement Parameter(ParameterHelp parameter, bool required, int? position, string? value) => new(
        Cmd + "parameter",
        new XAttribute("required", required ? "true" : "false"),
        new XAttribute("variableLength", parameter.Parameter.ParameterType.IsArray ? "true" : "false"),
        new XAttribute("globbing", parameter.TakesWildcards ? "true" : "false"),
        new XAttribute("pipelineInput", parameter.PipelineInput),
        new XAttribute("position", position is { } place ? place.ToString(CultureInfo.InvariantCulture) : "named"),
        new XAttribute("aliases", parameter.Parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Parameter.Aliases)),
        new XElement(Maml + "name", parameter.Parameter.Name),
        Description(parameter.Description),
        value is null ? null : new XElement(Cmd + "parameterValue", new XAttribute("required", "true"), new XAttribute("variableLength", "false"), value),
        new XElement(Dev + "type", new XElement(Maml + "name", value ?? nameof(SwitchParameter))));

    private static XElement Example(ExampleHelp example, int index) => new(
        Cmd + "example",
        new XElement(Maml + "title", string.Create(CultureInfo.InvariantCulture, $"Example {index + 1}: {example.Title}")),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", new XElement(Maml + "para")));

    private static XElement Description(params string[] paragraphs) =>
        new(Maml + "description", paragraphs.Select(paragraph => new XElement(Maml + "para", paragraph)));

    private static IEnumerable<XElement> Types(IEnumerable<string> names, string element) =>
        names.Distinct().Select(name => new XElement(Cmd + element, new XElement(Dev + "type", new XElement(Maml + "name", name))));

    private static string ElementName(Type type)
    {
        Type element = type.IsArray ? type.GetElementType()! : type;
        return (Nullable.GetUnderlyingType(element) ?? element).FullName!;
    }
}
