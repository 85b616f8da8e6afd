using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Wait-Process: waits until processes have ended.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Process", DefaultParameterSetName = "Name")]
[OutputType(typeof(Process))]
public sealed class WaitProcessCommand : ProcessCommand
{
    private readonly List<Process> _processes = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    public string[] Name { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    [Alias("PID", "ProcessId")]
    public int[] Id { get; set; } = [];

    /// <summary>Processes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    /// <summary>Seconds to wait at most.</summary>
    [Parameter(Position = 1)]
    [Alias("TimeoutSec")]
    [ValidateRange(0, 32767)]
    public int Timeout { get; set; } = -1;

    /// <summary>One is enough.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>Write the processes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _processes.AddRange(ParameterSetName switch
    {
        "Id" => ById(Id, "NoProcessFoundFor"),
        "InputObject" => InputObject,
        _ => ByName(Name, "NoProcessFoundFor"),
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var limit = Timeout < 0 ? System.Threading.Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(Timeout);
        var waits = _processes.Where(p => p.Id != Environment.ProcessId).Select(p => p.WaitForExitAsync(_stop.Token)).ToArray();
        var all = waits.Length == 0 ? Task.CompletedTask : Any ? Task.WhenAny(waits) : Task.WhenAll(waits);
        try
        {
            if (!all.Wait(limit, _stop.Token))
            {
                foreach (var process in _processes.Where(p => !p.HasExited))
                {
                    WriteError(new ErrorRecord(
                        new TimeoutException($"This command stopped operation because process \"{process.ProcessName} ({process.Id})\" is not stopped in the specified time-out."),
                        "ProcessNotTerminated", ErrorCategory.CloseError, process));
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        if (PassThru)
            WriteObject(_processes, enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();
}
