using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Sort-Object: objects in order.</summary>
[Cmdlet("Sort", "Object", DefaultParameterSetName = "Default")]
public sealed class SortObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _items = [];

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>What they are ordered by; the first counts most.</summary>
    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    /// <summary>The greatest first.</summary>
    [Parameter]
    public SwitchParameter Descending { get; set; }

    /// <summary>Each only once.</summary>
    [Parameter]
    public SwitchParameter Unique { get; set; }

    /// <summary>Case counts.</summary>
    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>The culture whose order of texts is used.</summary>
    [Parameter]
    public string? Culture { get; set; }

    /// <summary>Keep the order of equal objects; it always is kept.</summary>
    [Parameter(ParameterSetName = "Default")]
    public SwitchParameter Stable { get; set; }

    /// <summary>Only so many from the start of the order.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Top")]
    [ValidateRange(1, int.MaxValue)]
    public int Top { get; set; }

    /// <summary>Only so many from the end of the order.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Bottom")]
    [ValidateRange(1, int.MaxValue)]
    public int Bottom { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is not null)
            _items.Add(InputObject);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var specs = PropertySpec.Parse(this, Property, "Ascending", "Descending");
        var values = new ValueComparer(CaseSensitive, ValueComparer.CultureOf(Culture));
        var directions = specs.Select(s => s.Option("Descending") ?? (s.Option("Ascending") is { } up ? !up : Descending)).ToArray();
        var keyed = _items.Select(item => (Item: item, Keys: specs.Count == 0 ? [item.BaseObject] : specs.Select(s => s.Value(item)).ToArray()));
        // LINQ's order is stable.
        var sorted = keyed.OrderBy(k => k.Keys, Comparer<object?[]>.Create((a, b) => CompareKeys(a, b, values, directions, Descending))).ToList();
        if (Unique)
            sorted = Once(sorted, values);
        var result = sorted.Select(s => s.Item);
        if (Top > 0)
            result = result.Take(Top);
        else if (Bottom > 0)
            result = result.TakeLast(Bottom);
        foreach (var item in result)
            WriteObject(item);
    }

    private static int CompareKeys(object?[] left, object?[] right, ValueComparer values, bool[] directions, bool descending)
    {
        for (var i = 0; i < left.Length; i++)
        {
            var order = values.Compare(left[i], right[i]);
            if (order != 0)
                return (directions.Length > i ? directions[i] : descending) ? -order : order;
        }

        return 0;
    }

    private static List<(PSObject Item, object?[] Keys)> Once(List<(PSObject Item, object?[] Keys)> sorted, ValueComparer values)
    {
        var once = new List<(PSObject, object?[])>();
        object?[]? last = null;
        foreach (var entry in sorted)
        {
            if (last is null || !last.Zip(entry.Keys).All(p => values.Compare(p.First, p.Second) == 0))
                once.Add(entry);
            last = entry.Keys;
        }

        return once;
    }
}
