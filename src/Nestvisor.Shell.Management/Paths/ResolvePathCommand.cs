using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Resolve-Path: the paths that wildcards name.</summary>
[Cmdlet(VerbsDiagnostic.Resolve, "Path", DefaultParameterSetName = ByPath)]
[OutputType(typeof(PathInfo), typeof(string))]
public sealed class ResolvePathCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>As paths from the current place.</summary>
    [Parameter]
    public SwitchParameter Relative { get; set; }

    /// <summary>The place that relative paths start at.</summary>
    [Parameter]
    public string? RelativeBasePath { get; set; }

    /// <summary>Also what is hidden.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseCredential();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == ByLiteralPath;
        foreach (var given in literal ? LiteralPath : Path)
        {
            Attempt(() =>
            {
                var path = RelativeBasePath is null ? given : SessionState.Path.Combine(RelativeBasePath, given);
                foreach (var name in Force ? Expand(path, literal, Force) : [path])
                {
                    foreach (var found in SessionState.Path.GetResolvedPSPathFromPSPath(literal || Force ? WildcardPattern.Escape(name) : name))
                        WriteObject(Relative ? MakeRelative(found) : found);
                }
            });
        }
    }

    private string MakeRelative(PathInfo found)
    {
        if (!IsFileSystem(found.Provider))
            return found.Path;
        var start = RelativeBasePath is null ? SessionState.Path.CurrentFileSystemLocation.ProviderPath : FileSystemPath(RelativeBasePath)!;
        var relative = System.IO.Path.GetRelativePath(start, found.ProviderPath);
        return relative.StartsWith("..", StringComparison.Ordinal) || System.IO.Path.IsPathRooted(relative) ? relative : System.IO.Path.Combine(".", relative);
    }
}
