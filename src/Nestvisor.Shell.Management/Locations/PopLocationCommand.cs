using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Pop-Location: goes back to the place remembered last.</summary>
[Cmdlet(VerbsCommon.Pop, "Location")]
[OutputType(typeof(PathInfo))]
public sealed class PopLocationCommand : ProviderCommand
{
    /// <summary>The stack to take it from.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? StackName { get; set; }

    /// <summary>Write the place.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(() =>
    {
        var place = SessionState.Path.PopLocation(StackName);
        if (PassThru && place is not null)
            WriteObject(place);
    });
}
