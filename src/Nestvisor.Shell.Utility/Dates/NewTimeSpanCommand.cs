using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-TimeSpan: a span of time.</summary>
[Cmdlet(VerbsCommon.New, "TimeSpan", DefaultParameterSetName = "Date")]
[OutputType(typeof(TimeSpan))]
public sealed class NewTimeSpanCommand : PSCmdlet
{
    /// <summary>When it starts; now without it.</summary>
    [Parameter(Position = 0, ParameterSetName = "Date", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LastWriteTime")]
    public DateTime Start { get; set; } = DateTime.Now;

    /// <summary>When it ends; now without it.</summary>
    [Parameter(Position = 1, ParameterSetName = "Date", ValueFromPipelineByPropertyName = true)]
    public DateTime End { get; set; } = DateTime.Now;

    /// <summary>Days.</summary>
    [Parameter(ParameterSetName = "Time")]
    public int Days { get; set; }

    /// <summary>Hours.</summary>
    [Parameter(ParameterSetName = "Time")]
    public int Hours { get; set; }

    /// <summary>Minutes.</summary>
    [Parameter(ParameterSetName = "Time")]
    public int Minutes { get; set; }

    /// <summary>Seconds.</summary>
    [Parameter(ParameterSetName = "Time")]
    public int Seconds { get; set; }

    /// <summary>Milliseconds.</summary>
    [Parameter(ParameterSetName = "Time")]
    public int Milliseconds { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == "Time")
        {
            WriteObject(new TimeSpan(Days, Hours, Minutes, Seconds, Milliseconds));
            return;
        }

        // Without either, the two clocks read above would differ by what passed between them.
        var bound = MyInvocation.BoundParameters;
        WriteObject(!bound.ContainsKey(nameof(Start)) && !bound.ContainsKey(nameof(End)) ? TimeSpan.Zero : End - Start);
    }
}
