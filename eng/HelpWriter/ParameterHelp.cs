using System.Management.Automation;
using System.Reflection;

namespace Nestvisor.HelpWriter;

/// <summary>The help of a parameter.</summary>
internal sealed class ParameterHelp
{
    // Those two are the engine's own; no class of ours has them.
    private static readonly Dictionary<string, string> s_engines = new(StringComparer.Ordinal)
    {
        ["WhatIf"] = "Tells what the command would do, and does nothing.",
        ["Confirm"] = "Asks before the command does something.",
    };

    /// <summary>Collects the help of a parameter.</summary>
    public ParameterHelp(CmdletInfo command, ParameterMetadata parameter, DocComments comments)
    {
        Parameter = parameter;
        PropertyInfo? property = s_engines.ContainsKey(parameter.Name) ? null : command.ImplementingType.GetProperty(parameter.Name);
        string text = property is null ? s_engines.GetValueOrDefault(parameter.Name, "") : DocComments.Text(comments.Of(property)?.Element("summary"));

        // The reason why a parameter cannot be honoured stands once, where the error message takes it from.
        string? reason = property?.GetCustomAttributesData()
            .FirstOrDefault(data => data.AttributeType.Name == "UnsupportedAttribute")?.ConstructorArguments[0].Value as string;
        Description = reason is null || text.Length == 0 ? text : $"{text} {CommandHelp.Capitalized(reason)}";
    }

    /// <summary>What the engine knows about it.</summary>
    public ParameterMetadata Parameter { get; }

    /// <summary>What it means.</summary>
    public string Description { get; }

    /// <summary>Whether wildcards work.</summary>
    public bool TakesWildcards => Parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any();

    /// <summary>What it takes from the pipeline, in the words of PowerShell's help.</summary>
    public string PipelineInput
    {
        get
        {
            bool byValue = Parameter.ParameterSets.Values.Any(set => set.ValueFromPipeline);
            bool byName = Parameter.ParameterSets.Values.Any(set => set.ValueFromPipelineByPropertyName);
            return (byValue, byName) switch
            {
                (true, true) => "True (ByValue, ByPropertyName)",
                (true, false) => "True (ByValue)",
                (false, true) => "True (ByPropertyName)",
                _ => "False",
            };
        }
    }
}
