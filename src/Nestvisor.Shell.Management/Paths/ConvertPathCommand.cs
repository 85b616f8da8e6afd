using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Convert-Path: the provider's own form of a path.</summary>
[Cmdlet(VerbsData.Convert, "Path", DefaultParameterSetName = ByPath)]
[OutputType(typeof(string))]
public sealed class ConvertPathCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == ByLiteralPath;
        foreach (var path in literal ? LiteralPath : Path)
        {
            Attempt(() =>
            {
                foreach (var native in SessionState.Path.GetResolvedProviderPathFromPSPath(literal ? WildcardPattern.Escape(path) : path, out _))
                    WriteObject(native);
            });
        }
    }
}
