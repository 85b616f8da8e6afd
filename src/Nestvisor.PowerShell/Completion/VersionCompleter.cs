using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>Offers the configuration versions that virtual machines can have, the newest first.</summary>
internal sealed class VersionCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        HostInfo? host = RunningService.Ask((client, cancellation) => client.GetHostAsync(cancellation));
        return WordCompletion.Of(wordToComplete, host?.SupportedVersions.Reverse() ?? []);
    }
}
