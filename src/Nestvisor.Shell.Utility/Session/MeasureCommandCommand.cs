using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Measure-Command: how long a script block takes.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Command")]
[OutputType(typeof(TimeSpan))]
public sealed class MeasureCommandCommand : PSCmdlet
{
    private readonly Stopwatch _watch = new();

    /// <summary>The objects it runs for.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The script block.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    public ScriptBlock? Expression { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _watch.Start();
        _ = InvokeCommand.InvokeScript(false, Expression, null, InputObject is null ? [] : new object[] { InputObject });
        _watch.Stop();
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(_watch.Elapsed);
}
