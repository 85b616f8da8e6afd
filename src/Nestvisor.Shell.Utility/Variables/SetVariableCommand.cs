using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Variable: gives variables a value, and makes them when they are not there.</summary>
[Cmdlet(VerbsCommon.Set, "Variable", SupportsShouldProcess = true)]
public sealed class SetVariableCommand : VariableCommand
{
    private readonly List<object?> _values = [];

    /// <summary>Names.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    /// <summary>The value.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public object? Value { get; set; }

    /// <summary>Add to the value.</summary>
    [Parameter]
    public SwitchParameter Append { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[] Include { get; set; } = [];

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <summary>A word about it.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <summary>ReadOnly, Constant, Private, AllScope.</summary>
    [Parameter]
    public ScopedItemOptions Option { get; set; }

    /// <summary>Also what is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Who may see it.</summary>
    [Parameter]
    public SessionStateEntryVisibility Visibility { get; set; }

    /// <summary>Write the variables.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseNumberedScope();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Value)))
            _values.Add(Value);
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var value = _values.Count switch { 0 => null, 1 => _values[0], _ => _values.ToArray() };
        foreach (var name in Name)
        {
            var names = WildcardPattern.ContainsWildcardCharacters(name) ? Find(name, Include, Exclude).Select(v => v.Name).ToArray() : [name];
            foreach (var one in names)
                Set(one, value);
        }
    }

    private void Set(string name, object? value)
    {
        if (!ShouldProcess($"Name: {name} Value: {value}", "Set variable"))
            return;
        try
        {
            var variable = Lookup(name);
            if (Force && variable is not null && (variable.Options & ScopedItemOptions.ReadOnly) != 0)
                variable.Options &= ~ScopedItemOptions.ReadOnly;
            if (Append && variable?.Value is { } before)
                value = (LanguagePrimitives.GetEnumerable(before)?.Cast<object?>() ?? [before]).Append(value).ToArray();
            if (_values.Count > 0 || variable is null)
                SessionState.PSVariable.Set(Scoped(name), value);
            variable = Lookup(name);
            if (variable is null)
                return;
            if (Description is not null)
                variable.Description = Description;
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Option)))
                variable.Options = Option;
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Visibility)))
                variable.Visibility = Visibility;
            if (PassThru)
                WriteObject(variable);
        }
        catch (SessionStateException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}
