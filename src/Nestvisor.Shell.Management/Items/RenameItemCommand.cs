using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Rename-Item: gives an item another name in the same place.</summary>
[Cmdlet(VerbsCommon.Rename, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "ByPath")]
public sealed class RenameItemCommand : ProviderCommand
{
    /// <summary>The item.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ByPath", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string Path { get; set; } = string.Empty;

    /// <summary>The item, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ByLiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = string.Empty;

    /// <summary>The name.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string NewName { get; set; } = string.Empty;

    /// <summary>Also what is hidden or read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the renamed item.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseCredential();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == "ByLiteralPath";
        foreach (var path in Expand(literal ? LiteralPath : Path, literal))
        {
            Attempt(() =>
            {
                var items = InvokeProvider.Item.Rename(WildcardPattern.Escape(path), NewName, Force);
                if (PassThru)
                    WriteItems(items);
            });
        }
    }
}
