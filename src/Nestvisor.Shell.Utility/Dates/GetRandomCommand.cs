using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Random: a number, or some objects of many, by chance.</summary>
[Cmdlet(VerbsCommon.Get, "Random", DefaultParameterSetName = "RandomNumberParameterSet")]
public sealed class GetRandomCommand : PSCmdlet
{
    private static Random s_seeded = Random.Shared;
    private readonly List<object?> _items = [];

    /// <summary>Makes the numbers that follow the same each time.</summary>
    [Parameter]
    public int? SetSeed { get; set; }

    /// <summary>One more than the greatest.</summary>
    [Parameter(Position = 0, ParameterSetName = "RandomNumberParameterSet")]
    public object? Maximum { get; set; }

    /// <summary>The least.</summary>
    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    public object? Minimum { get; set; }

    /// <summary>The objects to choose from.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "RandomListItemParameterSet", ValueFromPipeline = true)]
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "ShuffleParameterSet", ValueFromPipeline = true)]
    [AllowNull]
    public object?[] InputObject { get; set; } = [];

    /// <summary>How many.</summary>
    [Parameter(ParameterSetName = "RandomNumberParameterSet")]
    [Parameter(ParameterSetName = "RandomListItemParameterSet")]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    /// <summary>All of them, in any order.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ShuffleParameterSet")]
    public SwitchParameter Shuffle { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _items.AddRange(InputObject ?? [null]);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (SetSeed is { } seed)
            s_seeded = new Random(seed);
        if (ParameterSetName == "RandomNumberParameterSet")
        {
            for (var i = 0; i < Count; i++)
                WriteObject(Number());
            return;
        }

        var items = _items.ToArray();
        s_seeded.Shuffle(items);
        WriteObject(items.Take(Shuffle ? items.Length : Count), enumerateCollection: true);
    }

    private object Number()
    {
        var (low, high) = (Plain(Minimum), Plain(Maximum));
        if (low is double or float or decimal || high is double or float or decimal)
        {
            var from = low is null ? 0 : LanguagePrimitives.ConvertTo<double>(low);
            var to = high is null ? double.MaxValue : LanguagePrimitives.ConvertTo<double>(high);
            Check(from < to);
            return from + (s_seeded.NextDouble() * (to - from));
        }

        var least = low is null ? 0 : LanguagePrimitives.ConvertTo<long>(low);
        var limit = high is null ? int.MaxValue : LanguagePrimitives.ConvertTo<long>(high);
        Check(least < limit);
        var number = s_seeded.NextInt64(least, limit);
        return (low is null or int) && (high is null or int) ? (int)number : number;
    }

    private static object? Plain(object? value)
    {
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        return plain is string text ? LanguagePrimitives.TryConvertTo<int>(text, out var small) ? small : LanguagePrimitives.ConvertTo<double>(text) : plain;
    }

    private void Check(bool ordered)
    {
        if (!ordered)
            ThrowTerminatingError(new ErrorRecord(new ArgumentException($"The Minimum value ({Minimum ?? 0}) cannot be greater than or equal to the Maximum value ({Maximum})."), "MinGreaterThanOrEqualMax", ErrorCategory.InvalidArgument, null));
    }
}
