using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>Offers nothing, where PowerShell would offer names of files: objects cannot be typed.</summary>
internal sealed class NoCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) => [];
}
