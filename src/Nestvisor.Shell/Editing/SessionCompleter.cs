using System.Management.Automation;
using Nestvisor.Shell.Engine;

namespace Nestvisor.Shell.Editing;

/// <summary>Completion by the engine: commands, parameters, their values, variables, members, files.</summary>
internal sealed class SessionCompleter(ShellSession session) : ICompleter
{
    /// <inheritdoc/>
    public Completions? Complete(string text, int cursor)
    {
        try
        {
            using var shell = PowerShell.Create();
            shell.Runspace = session.Runspace;
            var found = CommandCompletion.CompleteInput(text, cursor, null, shell);
            if (found.CompletionMatches.Count == 0)
                return null;
            return new Completions(
                found.ReplacementIndex,
                found.ReplacementLength,
                [.. found.CompletionMatches.Select(m => m.CompletionText)],
                [.. found.CompletionMatches.Select(m => m.ListItemText)]);
        }
        catch (Exception e) when (e is RuntimeException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // A completer that fails must not cost the user the line being typed.
            return null;
        }
    }
}
