using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Select-Object: some properties of objects, or some of the objects.</summary>
[Cmdlet(VerbsCommon.Select, "Object", DefaultParameterSetName = "DefaultParameter")]
public sealed class SelectObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _unique = [];
    private readonly Queue<PSObject> _held = new();
    private List<PropertySpec> _properties = [];
    private List<PropertySpec> _expand = [];
    private WildcardPattern[] _exclude = [];
    private HashSet<int>? _indexes;
    private int _seen;
    private int _taken;

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Properties to take.</summary>
    [Parameter(Position = 0, ParameterSetName = "DefaultParameter")]
    [Parameter(Position = 0, ParameterSetName = "SkipLastParameter")]
    public object[]? Property { get; set; }

    /// <summary>Properties to leave out.</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string[]? ExcludeProperty { get; set; }

    /// <summary>The property whose values are written instead.</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    public string? ExpandProperty { get; set; }

    /// <summary>Each only once.</summary>
    [Parameter]
    public SwitchParameter Unique { get; set; }

    /// <summary>Texts that differ in case only are the same for <c>-Unique</c>.</summary>
    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    /// <summary>So many from the end.</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Last { get; set; }

    /// <summary>So many from the start.</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int First { get; set; }

    /// <summary>Not so many from the start (from the end with <c>-Last</c>).</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    /// <summary>Not so many from the end.</summary>
    [Parameter(ParameterSetName = "SkipLastParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int SkipLast { get; set; }

    /// <summary>Let the commands before this one finish.</summary>
    [Parameter(ParameterSetName = "DefaultParameter")]
    [Parameter(ParameterSetName = "IndexParameter")]
    public SwitchParameter Wait { get; set; }

    /// <summary>Only the objects at these places, from 0.</summary>
    [Parameter(ParameterSetName = "IndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? Index { get; set; }

    /// <summary>All but the objects at these places, from 0.</summary>
    [Parameter(ParameterSetName = "SkipIndexParameter")]
    [ValidateRange(0, int.MaxValue)]
    public int[]? SkipIndex { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _properties = PropertySpec.Parse(this, Property);
        if (ExcludeProperty is { Length: > 0 })
        {
            _exclude = [.. ExcludeProperty.Select(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase))];
            if (_properties.Count == 0)
                _properties = PropertySpec.Parse(this, ["*"]);
        }

        if (!string.IsNullOrEmpty(ExpandProperty))
            _expand = PropertySpec.Parse(this, [ExpandProperty]);
        _indexes = (Index ?? SkipIndex)?.ToHashSet();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        var place = _seen++;
        if (Index is not null)
        {
            if (_indexes!.Contains(place))
                Accept(InputObject);
            if (!Wait && place >= _indexes.DefaultIfEmpty(-1).Max())
                Finish();
        }
        else if (SkipIndex is not null)
        {
            if (!_indexes!.Contains(place))
                Accept(InputObject);
        }
        else if (Bound(nameof(SkipLast)))
        {
            if (place >= Skip)
                _held.Enqueue(InputObject);
            if (_held.Count > SkipLast)
                Accept(_held.Dequeue());
        }
        else if (Bound(nameof(First)) || Bound(nameof(Last)))
        {
            ProcessEnds(place);
        }
        else if (place >= Skip)
        {
            Accept(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!Bound(nameof(SkipLast)))
        {
            var skipAtEnd = Bound(nameof(Last)) && !Bound(nameof(First)) ? Skip : 0;
            while (_held.Count > skipAtEnd)
                Accept(_held.Dequeue());
        }

        foreach (var item in _unique)
            WriteObject(item);
    }

    // With both, -First is served first and -Last from what is left; -Skip counts from the end when only -Last is there.
    private void ProcessEnds(int place)
    {
        var onlyLast = !Bound(nameof(First));
        if (!onlyLast && place >= Skip && _taken < First)
        {
            _taken++;
            Accept(InputObject!);
        }
        else if (Bound(nameof(Last)) && (onlyLast || place >= Skip))
        {
            _held.Enqueue(InputObject!);
            if (_held.Count > Last + (onlyLast ? Skip : 0))
                _held.Dequeue();
        }

        if (!onlyLast && !Bound(nameof(Last)) && _taken >= First && !Wait)
            Finish();
    }

    private void Finish()
    {
        // What -Unique has gathered would be lost with the end.
        foreach (var item in _unique)
            WriteObject(item);
        _unique.Clear();
        PipelineEnd.StopUpstream(this);
    }

    private bool Bound(string name) => MyInvocation.BoundParameters.ContainsKey(name);

    private void Accept(PSObject item)
    {
        var selected = _properties.Count == 0 ? item : Project(item);
        if (_expand.Count == 0)
        {
            Emit(selected);
            return;
        }

        Expand(item, _properties.Count == 0 ? null : selected);
    }

    private PSObject Project(PSObject item)
    {
        var result = new PSObject();
        foreach (var spec in _properties)
        {
            if (spec.Expression.Script is null)
                AddNamed(item, spec, result);
            else
                AddCalculated(item, spec, result);
        }

        var type = item.BaseObject is PSCustomObject ? null : item.TypeNames.FirstOrDefault();
        if (type is not null)
            result.TypeNames.Insert(0, "Selected." + type);
        return result;
    }

    private void AddNamed(PSObject item, PropertySpec spec, PSObject result)
    {
        var names = spec.Expression.ResolveNames(item);
        if (names.Count == 0)
        {
            // A property that is not there is an empty one, unless it was a wildcard.
            if (!spec.Expression.HasWildCardCharacters)
                Add(result, spec.Label ?? spec.Expression.ToString(), null);
            return;
        }

        foreach (var name in names)
        {
            var text = name.ToString();
            if (_exclude.Any(p => p.IsMatch(text)))
                continue;
            foreach (var value in name.GetValues(item))
                Add(result, spec.Label ?? text, value.Exception is null ? value.Result : null);
        }
    }

    private static void AddCalculated(PSObject item, PropertySpec spec, PSObject result)
    {
        var values = spec.Expression.GetValues(item).Where(v => v.Exception is null).Select(v => v.Result).ToArray();
        Add(result, spec.Label!, values.Length switch { 0 => null, 1 => values[0], _ => values });
    }

    private static void Add(PSObject target, string name, object? value)
    {
        if (target.Properties[name] is null)
            target.Properties.Add(new PSNoteProperty(name, value));
    }

    private void Expand(PSObject item, PSObject? extra)
    {
        var results = _expand[0].Expression.GetValues(item);
        if (results.Count == 0)
        {
            WriteError(new ErrorRecord(new PSArgumentException($"Property \"{ExpandProperty}\" cannot be found."), "ExpandPropertyNotFound", ErrorCategory.InvalidArgument, item));
            return;
        }

        foreach (var result in results)
        {
            if (result.Exception is not null)
            {
                WriteError(new ErrorRecord(result.Exception, "PropertyEvaluationExpand", ErrorCategory.InvalidResult, item));
                continue;
            }

            if (LanguagePrimitives.GetEnumerator(result.Result) is { } items)
            {
                while (items.MoveNext())
                    EmitExpanded(items.Current, extra);
            }
            else
            {
                EmitExpanded(result.Result, extra);
            }
        }
    }

    private void EmitExpanded(object? value, PSObject? extra)
    {
        if (value is null)
        {
            if (extra is null)
                WriteObject(null);
            return;
        }

        var item = PSObject.AsPSObject(value);
        foreach (var property in (extra?.Properties).OrEmpty())
        {
            if (item.Properties[property.Name] is null)
                item.Properties.Add(new PSNoteProperty(property.Name, property.Value));
        }

        Emit(item);
    }

    private void Emit(PSObject item)
    {
        if (!Unique)
            WriteObject(item);
        else if (!_unique.Any(u => Same(u, item)))
            _unique.Add(item);
    }

    private bool Same(PSObject left, PSObject right)
    {
        if (_properties.Count == 0)
            return left.BaseObject.GetType() == right.BaseObject.GetType() && LanguagePrimitives.Equals(left, right, CaseInsensitive);
        var (a, b) = (left.Properties.ToList(), right.Properties.ToList());
        return a.Count == b.Count && a.Zip(b).All(p => p.First.Name == p.Second.Name && LanguagePrimitives.Equals(p.First.Value, p.Second.Value, CaseInsensitive));
    }
}
