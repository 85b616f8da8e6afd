using System.Management.Automation.Runspaces;

namespace Nestvisor.Shell.Options;

/// <summary>Turns the words after <c>-File script.ps1</c> into bound parameters, as <c>pwsh</c> does.</summary>
internal static class FileArguments
{
    /// <summary>Adds <paramref name="words"/> to <paramref name="command"/>: <c>-Name value</c>, <c>-Switch</c>, <c>-Switch:$false</c>, or a positional value.</summary>
    public static void Bind(Command command, IReadOnlyList<string> words)
    {
        string? pending = null;
        foreach (var word in words)
        {
            if (!IsParameterName(word))
            {
                command.Parameters.Add(new CommandParameter(pending, word));
                pending = null;
                continue;
            }

            if (pending is not null)
                command.Parameters.Add(new CommandParameter(pending));
            pending = null;
            var colon = word.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                pending = word;
            else if (colon == word.Length - 1)
                pending = word[..colon];
            else
                command.Parameters.Add(new CommandParameter(word[..colon], Literal(word[(colon + 1)..])));
        }

        if (pending is not null)
            command.Parameters.Add(new CommandParameter(pending));
    }

    // "-5" is a number, "-" and "--" are values.
    private static bool IsParameterName(string word)
        => word.Length > 1 && IsDash(word[0]) && (char.IsLetter(word[1]) || word[1] is '_' or '?');

    private static bool IsDash(char c) => c is '-' or '\u2013' or '\u2014' or '\u2015';

    private static object Literal(string text) => text.ToLowerInvariant() switch
    {
        "$true" or "true" => true,
        "$false" or "false" => false,
        _ => text,
    };
}
