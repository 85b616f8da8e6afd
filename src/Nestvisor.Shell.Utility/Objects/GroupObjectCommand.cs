using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Objects that have a value in common.</summary>
public sealed class GroupInfo
{
    internal GroupInfo(ArrayList values, PSObject first)
    {
        Values = values;
        Group = [first];
    }

    /// <summary>The values, joined.</summary>
    public string Name => string.Join(", ", Values.Cast<object?>().Select(v => v?.ToString() ?? string.Empty));

    /// <summary>How many.</summary>
    public int Count => Group.Count;

    /// <summary>The objects.</summary>
    public Collection<PSObject> Group { get; }

    /// <summary>The values.</summary>
    public ArrayList Values { get; }
}

/// <summary>Group-Object: objects by a value they have in common.</summary>
[Cmdlet("Group", "Object", DefaultParameterSetName = "HashTable")]
[OutputType(typeof(Hashtable), typeof(GroupInfo))]
public sealed class GroupObjectCommand : PSCmdlet
{
    private readonly List<GroupInfo> _groups = [];
    private List<PropertySpec>? _specs;

    /// <summary>The objects.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>What they are grouped by.</summary>
    [Parameter(Position = 0)]
    public object[]? Property { get; set; }

    /// <summary>Without the objects themselves.</summary>
    [Parameter]
    public SwitchParameter NoElement { get; set; }

    /// <summary>As a table from value to objects.</summary>
    [Parameter(ParameterSetName = "HashTable")]
    [Alias("AHT")]
    public SwitchParameter AsHashTable { get; set; }

    /// <summary>The table's keys are texts.</summary>
    [Parameter(ParameterSetName = "HashTable")]
    public SwitchParameter AsString { get; set; }

    /// <summary>Case counts.</summary>
    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>The culture whose order of texts is used.</summary>
    [Parameter]
    public string? Culture { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (AsString && !AsHashTable)
            ThrowTerminatingError(new ErrorRecord(new PSArgumentException("-AsString needs -AsHashTable."), "ArgumentException", ErrorCategory.InvalidArgument, AsString));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        _specs ??= PropertySpec.Parse(this, Property);
        var values = new ArrayList();
        if (_specs.Count == 0)
            values.Add(InputObject.BaseObject);
        foreach (var spec in _specs)
            values.Add(spec.Value(InputObject));
        var comparer = new ValueComparer(CaseSensitive, ValueComparer.CultureOf(Culture));
        foreach (var group in _groups)
        {
            if (group.Values.Cast<object?>().Zip(values.Cast<object?>()).All(p => comparer.Compare(p.First, p.Second) == 0))
            {
                group.Group.Add(InputObject);
                return;
            }
        }

        _groups.Add(new GroupInfo(values, InputObject));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var comparer = new ValueComparer(CaseSensitive, ValueComparer.CultureOf(Culture));
        if (!AsHashTable)
        {
            foreach (var group in _groups.OrderBy(g => g.Values.ToArray(), Comparer<object?[]>.Create((a, b) => Compare(a, b, comparer))))
                WriteObject(NoElement ? Bare(group) : group);
            return;
        }

        var table = new Hashtable(CaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        foreach (var group in _groups)
        {
            var key = AsString || group.Values.Count > 1 ? group.Name : group.Values[0] ?? string.Empty;
            table[key] = group.Group;
        }

        WriteObject(table);
    }

    private static PSObject Bare(GroupInfo group)
    {
        var bare = new PSObject();
        bare.TypeNames.Insert(0, "Microsoft.PowerShell.Commands.GroupInfoNoElement");
        bare.Properties.Add(new PSNoteProperty("Count", group.Count));
        bare.Properties.Add(new PSNoteProperty("Name", group.Name));
        bare.Properties.Add(new PSNoteProperty("Values", group.Values));
        return bare;
    }

    private static int Compare(object?[] left, object?[] right, ValueComparer comparer)
        => left.Zip(right).Select(p => comparer.Compare(p.First, p.Second)).FirstOrDefault(o => o != 0);
}
