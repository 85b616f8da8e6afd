using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Test-Path asks for.</summary>
public enum TestPathType
{
    /// <summary>Anything.</summary>
    Any,

    /// <summary>A folder or another container.</summary>
    Container,

    /// <summary>A file or another leaf.</summary>
    Leaf,
}

/// <summary>Test-Path: whether there is an item at a path.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Path", DefaultParameterSetName = ByPath)]
[OutputType(typeof(bool))]
public sealed class TestPathCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? Path { get; set; }

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[]? LiteralPath { get; set; }

    /// <summary>A pattern for the names.</summary>
    [Parameter]
    public string? Filter { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>Any, a container or a leaf.</summary>
    [Parameter]
    [Alias("Type")]
    public TestPathType PathType { get; set; }

    /// <summary>Only whether the path's syntax is right.</summary>
    [Parameter]
    public SwitchParameter IsValid { get; set; }

    /// <summary>Changed before this time.</summary>
    [Parameter]
    public DateTime? OlderThan { get; set; }

    /// <summary>Changed after this time.</summary>
    [Parameter]
    public DateTime? NewerThan { get; set; }

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
        foreach (var path in (literal ? LiteralPath : Path) ?? [])
        {
            if (string.IsNullOrWhiteSpace(path))
            {
                if (path is null || path.Length == 0)
                    WriteError(new ErrorRecord(new ArgumentException("The path is null or empty. Give a path to test."), "NullPathNotPermitted", ErrorCategory.InvalidArgument, path));
                else
                    WriteObject(false);
                continue;
            }

            if (!AcceptsFilter(path, Filter))
                continue;
            WriteObject(IsValid ? SessionState.Path.IsValid(path) : Exists(path, literal));
        }
    }

    private bool Exists(string path, bool literal)
    {
        try
        {
            var items = literal
                ? (InvokeProvider.Item.Exists(path, force: true, literalPath: true) ? [path] : [])
                : SessionState.Path.GetResolvedPSPathFromPSPath(path).Select(p => p.Path).ToArray();
            return items.Any(Fits);
        }
        catch (Exception e) when (e is ItemNotFoundException or DriveNotFoundException or ProviderNotFoundException or ProviderInvocationException)
        {
            return false;
        }
    }

    private bool Fits(string path)
    {
        if (!Passes(SessionState.Path.ParseChildName(path), Filter, Include, Exclude))
            return false;
        if (PathType != TestPathType.Any && InvokeProvider.Item.IsContainer(WildcardPattern.Escape(path)) != (PathType == TestPathType.Container))
            return false;
        if (OlderThan is null && NewerThan is null)
            return true;
        if (FileSystemPath(path) is not { } native)
            return false;
        var changed = File.GetLastWriteTime(native);
        return (OlderThan is null || changed < OlderThan) && (NewerThan is null || changed > NewerThan);
    }
}
