using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Location: the current place, or a stack of them.</summary>
[Cmdlet(VerbsCommon.Get, "Location", DefaultParameterSetName = "Location")]
[OutputType(typeof(PathInfo), typeof(PathInfoStack))]
public sealed class GetLocationCommand : ProviderCommand
{
    /// <summary>The current place of these providers.</summary>
    [Parameter(ParameterSetName = "Location", ValueFromPipelineByPropertyName = true)]
    public string[]? PSProvider { get; set; }

    /// <summary>The current place of these drives.</summary>
    [Parameter(ParameterSetName = "Location", ValueFromPipelineByPropertyName = true)]
    public string[]? PSDrive { get; set; }

    /// <summary>The stack that Push-Location fills.</summary>
    [Parameter(ParameterSetName = "Stack")]
    public SwitchParameter Stack { get; set; }

    /// <summary>The stacks of these names.</summary>
    [Parameter(ParameterSetName = "Stack", ValueFromPipelineByPropertyName = true)]
    public string[]? StackName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Stack || StackName is not null)
        {
            foreach (var name in StackName ?? [string.Empty])
                Attempt(() => WriteObject(SessionState.Path.LocationStack(name.Length == 0 ? "default" : name)));
            return;
        }

        foreach (var drive in PSDrive ?? [])
            Attempt(() => WriteObject(SessionState.Path.GetResolvedPSPathFromPSPath(drive + ":")[0]));
        foreach (var provider in PSProvider ?? [])
            Attempt(() => WriteObject(SessionState.Path.CurrentProviderLocation(provider)));
        if (PSDrive is null && PSProvider is null)
            WriteObject(SessionState.Path.CurrentLocation);
    }
}
