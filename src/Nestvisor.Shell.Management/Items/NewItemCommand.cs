using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Item: creates a file, folder, link, variable and so on.</summary>
[Cmdlet(VerbsCommon.New, "Item", SupportsShouldProcess = true, DefaultParameterSetName = "pathSet")]
public sealed class NewItemCommand : ProviderCommand
{
    /// <summary>Where.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "pathSet", ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "nameSet", ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>The item's name below the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "nameSet", ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Name { get; set; }

    /// <summary>File, Directory, SymbolicLink, HardLink; a file without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Type")]
    public string? ItemType { get; set; }

    /// <summary>The file's text, or the link's target.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Target")]
    public object? Value { get; set; }

    /// <summary>Write over a file that is there; accept a folder that is there.</summary>
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
        foreach (var path in Path.Length > 0 ? Path : [string.Empty])
        {
            Attempt(() => WriteItems(InvokeProvider.Item.New([path.Length > 0 ? path : "."], Name, ItemType, Value, Force)));
        }
    }
}
