using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>Offers the names of the virtual switches.</summary>
internal sealed class SwitchNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        IReadOnlyList<SwitchInfo> switches = RunningService.Ask((client, cancellation) => client.GetSwitchesAsync(cancellation)) ?? [];
        return WordCompletion.Of(wordToComplete, switches.Select(each => each.Name));
    }
}
