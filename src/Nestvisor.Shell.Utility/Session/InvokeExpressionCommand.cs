using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Invoke-Expression: runs a text.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Expression")]
public sealed class InvokeExpressionCommand : PSCmdlet
{
    /// <summary>The text.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [ValidateTrustedData]
    public string Command { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // In the caller's scope, with the results going on as they come.
        var script = InvokeCommand.NewScriptBlock(Command);
        foreach (var result in InvokeCommand.InvokeScript(useLocalScope: false, script, null))
            WriteObject(result);
    }
}
