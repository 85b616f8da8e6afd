using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Completion;

/// <summary>Offers the names of the virtual machines.</summary>
internal sealed class MachineNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        IReadOnlyList<MachineInfo> machines = RunningService.Ask((client, cancellation) => client.GetMachinesAsync(cancellation)) ?? [];

        // Names need not be unique, and the same name twice is no choice.
        return WordCompletion.Of(wordToComplete, machines.Select(machine => machine.Configuration.Name).Distinct(StringComparer.OrdinalIgnoreCase));
    }
}
