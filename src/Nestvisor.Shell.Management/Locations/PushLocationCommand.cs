using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Push-Location: remembers the current place and goes to another.</summary>
[Cmdlet(VerbsCommon.Push, "Location", DefaultParameterSetName = ByPath)]
[OutputType(typeof(PathInfo))]
public sealed class PushLocationCommand : ProviderCommand
{
    /// <summary>The place to go to.</summary>
    [Parameter(Position = 0, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string? Path { get; set; }

    /// <summary>The place to go to, its path taken as it is.</summary>
    [Parameter(ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string? LiteralPath { get; set; }

    /// <summary>The stack to remember on.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    /// <summary>Write the place.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(() =>
    {
        SessionState.Path.PushCurrentLocation(StackName);
        if (LiteralPath is null && Path is null)
            return;
        try
        {
            var place = SessionState.Path.SetLocation(LiteralPath is null ? Path : WildcardPattern.Escape(LiteralPath));
            if (PassThru)
                WriteObject(place);
        }
        catch (SessionStateException)
        {
            SessionState.Path.PopLocation(StackName);
            throw;
        }
    });
}
