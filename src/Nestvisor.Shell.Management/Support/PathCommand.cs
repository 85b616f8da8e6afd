using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>A cmdlet that takes paths, with or without wildcards, and narrows them by name.</summary>
public abstract class PathCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>A pattern for names of files, with <c>*</c> and <c>?</c>.</summary>
    [Parameter]
    public string? Filter { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>Also what is hidden or read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Paths are literal.</summary>
    private protected bool Literal => ParameterSetName == ByLiteralPath;

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseCredential();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Literal ? LiteralPath : Path)
        {
            if (!AcceptsFilter(path, Filter))
                continue;
            foreach (var item in Expand(path, Literal, Force))
            {
                if (Passes(SessionState.Path.ParseChildName(item), Filter, Include, Exclude))
                    Attempt(() => ProcessItem(item));
            }
        }
    }

    /// <summary>Acts on one item.</summary>
    private protected abstract void ProcessItem(string path);
}
