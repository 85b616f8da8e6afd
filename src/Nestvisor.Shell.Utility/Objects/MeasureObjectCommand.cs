using System.Globalization;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Measure-Object: counts, sums and extremes; or lines, words and characters.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Object", DefaultParameterSetName = "GenericMeasure")]
[OutputType(typeof(GenericMeasureInfo), typeof(TextMeasureInfo))]
public sealed class MeasureObjectCommand : PSCmdlet
{
    private readonly Dictionary<string, Statistics> _numbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _order = [];
    private readonly HashSet<string> _found = new(StringComparer.OrdinalIgnoreCase);
    private TextMeasureInfo _text = new();
    private int _count;

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The properties that are measured; the objects themselves without it.</summary>
    [Parameter(Position = 0)]
    public PSPropertyExpression[]? Property { get; set; }

    /// <summary>All there is.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter AllStats { get; set; }

    /// <summary>The sum.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Sum { get; set; }

    /// <summary>The mean.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Average { get; set; }

    /// <summary>The standard deviation of a sample.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter StandardDeviation { get; set; }

    /// <summary>The greatest.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Maximum { get; set; }

    /// <summary>The least.</summary>
    [Parameter(ParameterSetName = "GenericMeasure")]
    public SwitchParameter Minimum { get; set; }

    /// <summary>Lines.</summary>
    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Line { get; set; }

    /// <summary>Words.</summary>
    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Word { get; set; }

    /// <summary>Characters.</summary>
    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter Character { get; set; }

    /// <summary>White space does not count as characters.</summary>
    [Parameter(ParameterSetName = "TextMeasure")]
    public SwitchParameter IgnoreWhiteSpace { get; set; }

    private bool Numeric => AllStats || Sum || Average || StandardDeviation;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        _count++;
        if (Property is null)
        {
            Take(string.Empty, InputObject.BaseObject);
            return;
        }

        foreach (var property in Property)
        {
            foreach (var name in property.ResolveNames(InputObject))
            {
                if (name.GetValues(InputObject) is [{ Exception: null, Result: { } value }])
                    Take(name.ToString(), value);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        foreach (var property in Property ?? [])
        {
            if (property.HasWildCardCharacters || _found.Contains(property.ToString()))
                continue;
            WriteError(new ErrorRecord(new PSArgumentException($"The property \"{property}\" cannot be found in the input for any objects."), "GenericMeasurePropertyNotFound", ErrorCategory.InvalidArgument, null));
        }

        if (ParameterSetName == "TextMeasure")
        {
            WriteObject(_text);
            return;
        }

        if (Property is null && _order.Count == 0)
            WriteObject(new GenericMeasureInfo { Count = 0 });
        foreach (var name in _order)
            WriteObject(_numbers[name].ToInfo(name.Length == 0 ? null : name, this));
    }

    private void Take(string name, object value)
    {
        _found.Add(name);
        var plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        if (ParameterSetName == "TextMeasure")
        {
            Count(plain.ToString() ?? string.Empty);
            return;
        }

        if (!_numbers.TryGetValue(name, out var statistics))
        {
            _numbers.Add(name, statistics = new Statistics());
            _order.Add(name);
        }

        if (Numeric)
        {
            if (!LanguagePrimitives.TryConvertTo<double>(plain, CultureInfo.InvariantCulture, out var number) || plain is string { Length: 0 })
            {
                WriteError(new ErrorRecord(new PSInvalidCastException($"Input object \"{plain}\" is not numeric."), "NonNumericInputObject", ErrorCategory.InvalidType, plain));
                return;
            }

            statistics.Add(number);
        }

        statistics.Take(plain, Maximum || AllStats, Minimum || AllStats);
    }

    private void Count(string text)
    {
        _text.Property = null;
        if (Line)
            _text.Lines = (_text.Lines ?? 0) + (text.Length == 0 ? 0 : text.Count(c => c == '\n') + (text.EndsWith('\n') ? 0 : 1));
        if (Word)
            _text.Words = (_text.Words ?? 0) + text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        if (Character)
            _text.Characters = (_text.Characters ?? 0) + (IgnoreWhiteSpace ? text.Count(c => !char.IsWhiteSpace(c)) : text.Length);
    }

    private sealed class Statistics
    {
        private readonly ValueComparer _comparer = new(caseSensitive: false, CultureInfo.CurrentCulture);
        private int _count;
        private double _sum;
        private double _mean;
        private double _squares;
        private int _numbers;
        private object? _maximum;
        private object? _minimum;

        public void Add(double value)
        {
            // Welford: one pass, and no difference of two large sums.
            _numbers++;
            _sum += value;
            var delta = value - _mean;
            _mean += delta / _numbers;
            _squares += delta * (value - _mean);
        }

        public void Take(object value, bool maximum, bool minimum)
        {
            _count++;
            if (maximum && (_maximum is null || _comparer.Compare(value, _maximum) > 0))
                _maximum = value;
            if (minimum && (_minimum is null || _comparer.Compare(value, _minimum) < 0))
                _minimum = value;
        }

        public GenericMeasureInfo ToInfo(string? name, MeasureObjectCommand wanted) => new()
        {
            Count = _count,
            Property = name,
            Sum = wanted.Sum || wanted.AllStats ? _sum : null,
            Average = (wanted.Average || wanted.AllStats) && _numbers > 0 ? _sum / _numbers : null,
            StandardDeviation = wanted.StandardDeviation || wanted.AllStats ? _numbers > 1 ? Math.Sqrt(_squares / (_numbers - 1)) : 0 : null,
            Maximum = _maximum,
            Minimum = _minimum,
        };
    }
}
