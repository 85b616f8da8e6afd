using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Compare-Object: what two sets of objects do not share.</summary>
[Cmdlet(VerbsData.Compare, "Object")]
public sealed class CompareObjectCommand : PSCmdlet
{
    private readonly List<PSObject> _differences = [];

    /// <summary>The set compared with.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    [AllowEmptyCollection]
    public PSObject[] ReferenceObject { get; set; } = [];

    /// <summary>The set compared.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    public PSObject[] DifferenceObject { get; set; } = [];

    /// <summary>The properties that count; the objects themselves without it.</summary>
    [Parameter]
    public object[]? Property { get; set; }

    /// <summary>How many places apart the same object may be.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int SyncWindow { get; set; } = int.MaxValue;

    /// <summary>Leave out what is in one set only.</summary>
    [Parameter]
    public SwitchParameter ExcludeDifferent { get; set; }

    /// <summary>Also what is in both.</summary>
    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    /// <summary>Write the objects themselves, marked.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>The culture whose order of texts is used.</summary>
    [Parameter]
    public string? Culture { get; set; }

    /// <summary>Case counts.</summary>
    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _differences.AddRange(DifferenceObject);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var specs = PropertySpec.Parse(this, Property);
        var comparer = new ValueComparer(CaseSensitive, ValueComparer.CultureOf(Culture));
        var matched = new bool[_differences.Count];
        var left = new List<PSObject>();
        for (var i = 0; i < ReferenceObject.Length; i++)
        {
            var found = -1;
            for (var j = Math.Max(0, i - SyncWindow); j < _differences.Count && j - (long)i <= SyncWindow && found < 0; j++)
            {
                if (!matched[j] && Same(ReferenceObject[i], _differences[j], specs, comparer))
                    found = j;
            }

            if (found < 0)
            {
                left.Add(ReferenceObject[i]);
                continue;
            }

            matched[found] = true;
            if (IncludeEqual || ExcludeDifferent)
                Emit(ReferenceObject[i], "==", specs);
        }

        if (ExcludeDifferent)
            return;
        for (var j = 0; j < _differences.Count; j++)
        {
            if (!matched[j])
                Emit(_differences[j], "=>", specs);
        }

        foreach (var item in left)
            Emit(item, "<=", specs);
    }

    private static bool Same(PSObject left, PSObject right, List<PropertySpec> specs, ValueComparer comparer)
        => specs.Count == 0 ? comparer.Compare(left, right) == 0 : specs.All(s => comparer.Compare(s.Value(left), s.Value(right)) == 0);

    private void Emit(PSObject item, string side, List<PropertySpec> specs)
    {
        var result = PassThru ? item : new PSObject();
        if (!PassThru)
        {
            if (specs.Count == 0)
                result.Properties.Add(new PSNoteProperty("InputObject", item));
            foreach (var spec in specs)
                result.Properties.Add(new PSNoteProperty(spec.Label ?? spec.Expression.ToString(), spec.Value(item)));
        }

        result.Properties.Remove("SideIndicator");
        result.Properties.Add(new PSNoteProperty("SideIndicator", side));
        WriteObject(result);
    }
}
