using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Variable: makes a variable.</summary>
[Cmdlet(VerbsCommon.New, "Variable", SupportsShouldProcess = true)]
public sealed class NewVariableCommand : VariableCommand
{
    /// <summary>The name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    /// <summary>The value.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    /// <summary>A word about it.</summary>
    [Parameter]
    public string? Description { get; set; }

    /// <summary>ReadOnly, Constant, Private, AllScope.</summary>
    [Parameter]
    public ScopedItemOptions Option { get; set; }

    /// <summary>Who may see it.</summary>
    [Parameter]
    public SessionStateEntryVisibility Visibility { get; set; }

    /// <summary>Replace one of the same name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the variable.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseNumberedScope();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!Force && Lookup(Scope is null ? "local:" + Name : Name) is not null)
        {
            WriteError(new ErrorRecord(new SessionStateException($"A variable with name '{Name}' already exists."), "VariableAlreadyExists", ErrorCategory.ResourceExists, Name));
            return;
        }

        if (!ShouldProcess($"Name: {Name} Value: {Value}", "New variable"))
            return;
        try
        {
            if (Force && Lookup(Name) is { } old && (old.Options & ScopedItemOptions.ReadOnly) != 0)
                old.Options &= ~ScopedItemOptions.ReadOnly;
            SessionState.PSVariable.Set(Scope is null ? "local:" + Name : Scoped(Name), Value);
            var variable = Lookup(Name)!;
            variable.Description = Description ?? string.Empty;
            variable.Visibility = Visibility;
            if (Option != ScopedItemOptions.None)
                variable.Options = Option;
            if (PassThru)
                WriteObject(variable);
        }
        catch (SessionStateException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}
