namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>What a command looks like to a script. All is text in the form that make-data.py describes.</summary>
internal sealed record CommandShape(string Name, string DefaultSet, string Confirmation, string Outputs)
{
    /// <summary>Parameters by name, without those that every command has.</summary>
    public Dictionary<string, ParameterShape> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>What differs from another command in anything but the parameters.</summary>
    public IEnumerable<string> DifferencesFrom(CommandShape other)
    {
        if (DefaultSet != other.DefaultSet)
        {
            yield return Difference("default-set", DefaultSet, other.DefaultSet);
        }

        if (Confirmation != other.Confirmation)
        {
            yield return Difference("confirmation", Confirmation, other.Confirmation);
        }

        if (Outputs != other.Outputs)
        {
            yield return Difference("outputs", Outputs, other.Outputs);
        }
    }

    internal static string Difference(string aspect, string here, string there) => $"{aspect} [{here}], not [{there}]";
}

/// <summary>What a parameter looks like to a script.</summary>
internal sealed record ParameterShape(string Name, string Type, string Sets, string Aliases, string Validation)
{
    /// <summary>What differs from another parameter.</summary>
    public IEnumerable<string> DifferencesFrom(ParameterShape other)
    {
        if (Type != other.Type)
        {
            yield return CommandShape.Difference("type", Type, other.Type);
        }

        if (Sets != other.Sets)
        {
            yield return CommandShape.Difference("sets", Sets, other.Sets);
        }

        if (Aliases != other.Aliases)
        {
            yield return CommandShape.Difference("aliases", Aliases, other.Aliases);
        }

        if (Validation != other.Validation)
        {
            yield return CommandShape.Difference("validation", Validation, other.Validation);
        }
    }
}
