namespace Microsoft.PowerShell.Commands;

/// <summary>What Measure-Object gives.</summary>
public abstract class MeasureInfo
{
    /// <summary>The property measured; null for the objects themselves.</summary>
    public string? Property { get; set; }
}

/// <summary>Counts, sums and extremes; what was not asked for is null.</summary>
public sealed class GenericMeasureInfo : MeasureInfo
{
    /// <summary>How many.</summary>
    public int Count { get; set; }

    /// <summary>The mean.</summary>
    public double? Average { get; set; }

    /// <summary>The sum.</summary>
    public double? Sum { get; set; }

    /// <summary>The greatest.</summary>
    public object? Maximum { get; set; }

    /// <summary>The least.</summary>
    public object? Minimum { get; set; }

    /// <summary>The standard deviation.</summary>
    public double? StandardDeviation { get; set; }
}

/// <summary>Counts of text; what was not asked for is null.</summary>
public sealed class TextMeasureInfo : MeasureInfo
{
    /// <summary>Lines.</summary>
    public int? Lines { get; set; }

    /// <summary>Words.</summary>
    public int? Words { get; set; }

    /// <summary>Characters.</summary>
    public int? Characters { get; set; }
}
