using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Join-Path: puts paths together.</summary>
[Cmdlet(VerbsCommon.Join, "Path")]
[OutputType(typeof(string))]
public sealed class JoinPathCommand : ProviderCommand
{
    /// <summary>The path to start with.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    public string[] Path { get; set; } = [];

    /// <summary>What comes below it.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? ChildPath { get; set; }

    /// <summary>More that comes below that.</summary>
    [Parameter(Position = 2, ValueFromPipelineByPropertyName = true, ValueFromRemainingArguments = true)]
    [AllowNull]
    [AllowEmptyString]
    [AllowEmptyCollection]
    public string[] AdditionalChildPath { get; set; } = [];

    /// <summary>Write the items that are there.</summary>
    [Parameter]
    public SwitchParameter Resolve { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseCredential();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var path in Path)
        {
            Attempt(() =>
            {
                var joined = SessionState.Path.Combine(path, ChildPath);
                foreach (var more in AdditionalChildPath)
                    joined = SessionState.Path.Combine(joined, more);
                if (!Resolve)
                    WriteObject(joined);
                else
                    foreach (var found in SessionState.Path.GetResolvedPSPathFromPSPath(joined))
                        WriteObject(found.Path);
            });
        }
    }
}
