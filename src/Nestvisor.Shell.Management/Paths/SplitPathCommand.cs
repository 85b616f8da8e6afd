using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Split-Path: a part of a path.</summary>
[Cmdlet(VerbsCommon.Split, "Path", DefaultParameterSetName = ParentSet)]
[OutputType(typeof(string), typeof(bool))]
public sealed class SplitPathCommand : ProviderCommand
{
    private const string ParentSet = "ParentSet";
    private const string LeafSet = "LeafSet";
    private const string LeafBaseSet = "LeafBaseSet";
    private const string ExtensionSet = "ExtensionSet";
    private const string QualifierSet = "QualifierSet";
    private const string NoQualifierSet = "NoQualifierSet";
    private const string IsAbsoluteSet = "IsAbsoluteSet";
    private const string LiteralSet = "LiteralPathSet";

    /// <summary>The paths.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ParentSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = LeafSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = LeafBaseSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ExtensionSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = QualifierSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = NoQualifierSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = IsAbsoluteSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>The paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>All but the last part (the default).</summary>
    [Parameter(ParameterSetName = ParentSet)]
    public SwitchParameter Parent { get; set; }

    /// <summary>The last part.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LeafSet)]
    public SwitchParameter Leaf { get; set; }

    /// <summary>The last part without its extension.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LeafBaseSet)]
    public SwitchParameter LeafBase { get; set; }

    /// <summary>The extension, with its dot.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ExtensionSet)]
    public SwitchParameter Extension { get; set; }

    /// <summary>The drive or provider.</summary>
    [Parameter(Mandatory = true, ParameterSetName = QualifierSet)]
    public SwitchParameter Qualifier { get; set; }

    /// <summary>All but the drive or provider.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NoQualifierSet)]
    public SwitchParameter NoQualifier { get; set; }

    /// <summary>Whether the path is absolute.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IsAbsoluteSet)]
    public SwitchParameter IsAbsolute { get; set; }

    /// <summary>Expand wildcards first.</summary>
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
        foreach (var path in ParameterSetName == LiteralSet ? LiteralPath : Path)
        {
            foreach (var item in Resolve ? Expand(path, literal: false) : [path])
                Attempt(() => Split(item));
        }
    }

    private void Split(string path)
    {
        switch (ParameterSetName)
        {
            case LeafSet:
                WriteObject(SessionState.Path.ParseChildName(path));
                break;
            case LeafBaseSet:
                WriteObject(System.IO.Path.GetFileNameWithoutExtension(SessionState.Path.ParseChildName(path)));
                break;
            case ExtensionSet:
                WriteObject(System.IO.Path.GetExtension(SessionState.Path.ParseChildName(path)));
                break;
            case IsAbsoluteSet:
                WriteObject(SessionState.Path.IsPSAbsolute(path, out _) || path.StartsWith('/'));
                break;
            case QualifierSet or NoQualifierSet:
                SplitQualifier(path);
                break;
            default:
                WriteObject(SessionState.Path.ParseParent(path, string.Empty));
                break;
        }
    }

    private void SplitQualifier(string path)
    {
        var provider = path.IndexOf("::", StringComparison.Ordinal);
        var colon = provider >= 0 ? provider + 1 : path.IndexOf(':', StringComparison.Ordinal);
        if (ParameterSetName == NoQualifierSet)
        {
            WriteObject(path[(colon + 1)..]);
            return;
        }

        if (colon < 0)
        {
            WriteError(new ErrorRecord(new FormatException($"Cannot parse path because path '{path}' does not have a qualifier specified."), "ParsePathFormatError", ErrorCategory.InvalidArgument, path));
            return;
        }

        WriteObject(path[..(colon + 1)]);
    }
}
