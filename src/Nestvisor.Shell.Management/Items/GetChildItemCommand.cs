using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-ChildItem: what a container holds.</summary>
[Cmdlet(VerbsCommon.Get, "ChildItem", DefaultParameterSetName = "Items")]
public sealed class GetChildItemCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, ParameterSetName = "Items", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[]? Path { get; set; }

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralItems", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>A pattern for the names.</summary>
    [Parameter(Position = 1)]
    public string? Filter { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>Also what is in the containers below.</summary>
    [Parameter]
    [Alias("s", "r")]
    public SwitchParameter Recurse { get; set; }

    /// <summary>How many levels below; implies <c>-Recurse</c>.</summary>
    [Parameter]
    public uint Depth { get; set; } = uint.MaxValue;

    /// <summary>Also what is hidden.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write names only.</summary>
    [Parameter]
    public SwitchParameter Name { get; set; }

    /// <summary>Only files.</summary>
    [Parameter]
    [Alias("af")]
    public SwitchParameter File { get; set; }

    /// <summary>Only folders.</summary>
    [Parameter]
    [Alias("ad")]
    public SwitchParameter Directory { get; set; }

    /// <summary>Only what is hidden.</summary>
    [Parameter]
    [Alias("ah", "h")]
    public SwitchParameter Hidden { get; set; }

    /// <summary>Only what is read-only.</summary>
    [Parameter]
    [Alias("ar")]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>Only what has the system attribute.</summary>
    [Parameter]
    [Alias("as")]
    public SwitchParameter System { get; set; }

    /// <summary>An expression of attributes, such as <c>!Directory+Hidden</c>.</summary>
    [Parameter]
    public FlagsExpression<FileAttributes>? Attributes { get; set; }

    /// <summary>Refused: links to folders are not followed when recursing.</summary>
    [Parameter]
    public SwitchParameter FollowSymlink { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => Refuse(nameof(FollowSymlink), "links to folders are never followed. Name the link's target.");

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == "LiteralItems";
        foreach (var path in literal ? LiteralPath : Path ?? [string.Empty])
            Attempt(() => List(path, literal));
    }

    private void List(string path, bool literal)
    {
        if (!AcceptsFilter(path.Length == 0 ? "." : path, Filter))
            return;
        var recurse = Recurse || MyInvocation.BoundParameters.ContainsKey(nameof(Depth));
        var force = Force || Hidden || System || Attributes is not null;
        var start = path.Length == 0 ? "." : path;
        // "-Path *.txt -Recurse" looks for the pattern in all folders below.
        var include = Include;
        var leaf = literal || !recurse ? string.Empty : SessionState.Path.ParseChildName(start);
        if (WildcardPattern.ContainsWildcardCharacters(leaf) && include is null)
        {
            include = [leaf];
            start = SessionState.Path.ParseParent(start, string.Empty) is { Length: > 0 } parent ? parent : ".";
        }

        // Without recursion -Include looks at the path's own leaf, as in PowerShell: it needs "folder/*".
        if (include is not null && !recurse && !WildcardPattern.ContainsWildcardCharacters(start))
            return;
        foreach (var item in InvokeProvider.ChildItem.Get([start], recurse, recurse ? Depth : 0, force, literal))
        {
            var name = item.Properties["PSChildName"]?.Value?.ToString() ?? string.Empty;
            if (!Passes(name, Filter, include, Exclude) || !HasAttributes(item.BaseObject))
                continue;
            WriteObject(Name ? Relative(item, start, name, recurse) : item);
        }
    }

    private object Relative(PSObject item, string start, string name, bool recurse)
        => recurse && item.BaseObject is FileSystemInfo file && FileSystemPath(start) is { } root
            ? global::System.IO.Path.GetRelativePath(root, file.FullName)
            : name;

    private bool HasAttributes(object item)
    {
        if (item is not FileSystemInfo file)
            return !(File || Directory || Hidden || ReadOnly || System || Attributes is not null);
        var attributes = file.Attributes;
        return (File == Directory || Directory == attributes.HasFlag(FileAttributes.Directory))
            && (!Hidden || attributes.HasFlag(FileAttributes.Hidden))
            && (!ReadOnly || attributes.HasFlag(FileAttributes.ReadOnly))
            && (!System || attributes.HasFlag(FileAttributes.System))
            && (Attributes is null || Attributes.Evaluate(attributes));
    }
}
