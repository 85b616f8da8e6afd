using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>ConvertTo-Json: JSON text of objects.</summary>
[Cmdlet(VerbsData.ConvertTo, "Json")]
[OutputType(typeof(string))]
public sealed class ConvertToJsonCommand : PSCmdlet
{
    private readonly List<object?> _items = [];

    /// <summary>The object; several from the pipeline become an array.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>How deep objects in objects are written; deeper ones become texts.</summary>
    [Parameter]
    [ValidateRange(0, 100)]
    public int Depth { get; set; } = 2;

    /// <summary>Without line breaks.</summary>
    [Parameter]
    public SwitchParameter Compress { get; set; }

    /// <summary>Names of enumeration values rather than numbers.</summary>
    [Parameter]
    public SwitchParameter EnumsAsStrings { get; set; }

    /// <summary>Always an array.</summary>
    [Parameter]
    public SwitchParameter AsArray { get; set; }

    /// <summary>Which characters are written as escapes.</summary>
    [Parameter]
    public StringEscapeHandling EscapeHandling { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _items.Add(InputObject);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_items.Count == 0)
            return;
        var writer = new JsonTextWriter(Depth, Compress, EnumsAsStrings, EscapeHandling);
        WriteObject(writer.Write(_items.Count > 1 || AsArray ? _items.ToArray() : _items[0]));
        if (writer.Truncated)
            WriteWarning($"Resulting JSON is truncated as serialization has exceeded the set depth of {Depth}.");
    }
}
