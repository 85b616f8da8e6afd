using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Item: gives an item a value (variables, aliases, functions, the environment).</summary>
[Cmdlet(VerbsCommon.Set, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class SetItemCommand : ProviderCommand
{
    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The value.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    /// <summary>Also what is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the item.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>A pattern for the provider.</summary>
    [Parameter]
    public string? Filter { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

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
        foreach (var path in literal ? LiteralPath : Path)
        {
            if (!AcceptsFilter(path, Filter))
                continue;
            // A variable that is set for the first time does not exist yet.
            foreach (var item in literal || !WildcardPattern.ContainsWildcardCharacters(path) ? [path] : Expand(path, literal: false, Force))
            {
                if (!Passes(SessionState.Path.ParseChildName(item), Filter, Include, Exclude))
                    continue;
                Attempt(() =>
                {
                    var results = InvokeProvider.Item.Set([item], Value, Force, literalPath: true);
                    if (PassThru)
                        WriteItems(results);
                });
            }
        }
    }
}
