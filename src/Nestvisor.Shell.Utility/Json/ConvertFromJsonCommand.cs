using System.Management.Automation;
using System.Text.Json;

namespace Microsoft.PowerShell.Commands;

/// <summary>What is done with dates in JSON.</summary>
public enum JsonDateKind
{
    /// <summary>As they are written.</summary>
    Default,

    /// <summary>In local time.</summary>
    Local,

    /// <summary>In UTC.</summary>
    Utc,

    /// <summary>With their distance from UTC.</summary>
    Offset,

    /// <summary>They stay texts.</summary>
    String,
}

/// <summary>ConvertFrom-Json: objects of JSON text.</summary>
[Cmdlet(VerbsData.ConvertFrom, "Json")]
public sealed class ConvertFromJsonCommand : PSCmdlet
{
    private readonly List<string> _lines = [];

    /// <summary>The text; lines from the pipeline are joined.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyString]
    public string InputObject { get; set; } = string.Empty;

    /// <summary>Tables rather than objects.</summary>
    [Parameter]
    public SwitchParameter AsHashtable { get; set; }

    /// <summary>How deep the text may be nested.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Depth { get; set; } = 1024;

    /// <summary>An array goes on as one object.</summary>
    [Parameter]
    public SwitchParameter NoEnumerate { get; set; }

    /// <summary>What is done with dates.</summary>
    [Parameter]
    public JsonDateKind DateKind { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _lines.Add(InputObject);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // Each line may be a text of its own, or all of them one.
        if (_lines.Count > 1 && TryParse(_lines[0], out _) && !_lines.TrueForAll(string.IsNullOrWhiteSpace) && _lines[0].Trim() is not ("[" or "{"))
        {
            foreach (var line in _lines)
                Convert(line);
            return;
        }

        Convert(string.Join('\n', _lines));
    }

    private void Convert(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return;
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(text, Options());
        }
        catch (JsonException e)
        {
            ThrowTerminatingError(new ErrorRecord(
                new ArgumentException($"Conversion from JSON failed at line {e.LineNumber + 1}: {e.Message}", e), "System.ArgumentException", ErrorCategory.NotSpecified, null));
        }

        using (document)
            WriteObject(Read(document!.RootElement), enumerateCollection: !NoEnumerate);
    }

    private bool TryParse(string text, out JsonDocument? document)
    {
        document = null;
        try
        {
            document = JsonDocument.Parse(text, Options());
            document.Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private JsonDocumentOptions Options() => new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = Depth };

    private object? Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => ReadObject(element),
        JsonValueKind.Array => element.EnumerateArray().Select(Read).ToArray(),
        JsonValueKind.String => ReadString(element),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole
            : System.Numerics.BigInteger.TryParse(element.GetRawText(), out var big) ? big : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private object ReadObject(JsonElement element)
    {
        if (AsHashtable)
        {
            var table = new System.Collections.Specialized.OrderedDictionary(StringComparer.Ordinal);
            foreach (var property in element.EnumerateObject())
                table[property.Name] = Read(property.Value);
            return table;
        }

        var result = new PSObject();
        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Length == 0)
                throw Invalid("The JSON text has a property whose name is empty, which an object cannot have. Use -AsHashtable.", "EmptyKeyInJsonString");
            if (result.Properties[property.Name] is { } twin && twin.Name != property.Name)
                throw Invalid($"The JSON text has the properties '{twin.Name}' and '{property.Name}', which differ in case only. Use -AsHashtable.", "KeysWithDifferentCasingInJsonString");
            result.Properties.Remove(property.Name);
            result.Properties.Add(new PSNoteProperty(property.Name, Read(property.Value)));
        }

        return result;
    }

    private static InvalidOperationException Invalid(string message, string id)
    {
        var error = new InvalidOperationException(message);
        error.Data["Id"] = id;
        return error;
    }

    private object? ReadString(JsonElement element)
    {
        var text = element.GetString();
        // Only what has a time is taken for a date, as PowerShell does.
        if (DateKind == JsonDateKind.String || text is not { Length: >= 19 } || text[10] != 'T' || !element.TryGetDateTimeOffset(out var date))
            return text;
        return DateKind switch
        {
            JsonDateKind.Offset => date,
            JsonDateKind.Utc => date.UtcDateTime,
            JsonDateKind.Local => date.LocalDateTime,
            _ => element.TryGetDateTime(out var plain) ? plain : date.LocalDateTime,
        };
    }
}
