using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Stop-Process: kills processes.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Process", SupportsShouldProcess = true, DefaultParameterSetName = "Id")]
[OutputType(typeof(Process))]
public sealed class StopProcessCommand : ProcessCommand
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [Alias("ProcessName")]
    public string[] Name { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Id", ValueFromPipelineByPropertyName = true)]
    public int[] Id { get; set; } = [];

    /// <summary>Processes.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public Process[] InputObject { get; set; } = [];

    /// <summary>Write the processes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Do not ask about other users' processes.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var processes = ParameterSetName switch
        {
            "Name" => ByName(Name, "NoProcessFoundFor"),
            "InputObject" => InputObject,
            _ => ById(Id, "NoProcessFoundFor"),
        };
        foreach (var process in processes)
            Stop(process);
    }

    private void Stop(Process process)
    {
        try
        {
            if (process.HasExited || !ShouldProcess($"{process.ProcessName} ({process.Id})"))
                return;
            var owner = UserNames.Of(process.Id);
            if (!Force && owner is not null && owner != Environment.UserName
                && !ShouldContinue($"Are you sure you want to perform the Stop-Process operation on the following item: {process.ProcessName}({process.Id})?", null, ref _yesToAll, ref _noToAll))
                return;
            process.Kill();
            if (PassThru)
                WriteObject(process);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or NotSupportedException)
        {
            Report(e, "CouldNotStopProcess", process);
        }
    }
}
