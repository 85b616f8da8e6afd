using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Remove-Variable: takes variables away.</summary>
[Cmdlet(VerbsCommon.Remove, "Variable", SupportsShouldProcess = true)]
public sealed class RemoveVariableCommand : VariableCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[] Include { get; set; } = [];

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <summary>Also what is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseNumberedScope();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var found = Find(name, Include, Exclude).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                NotFound(name);
            foreach (var variable in found)
                Remove(variable);
        }
    }

    private void Remove(PSVariable variable)
    {
        if (!ShouldProcess($"Name: {variable.Name}", "Remove variable"))
            return;
        try
        {
            if (Force && (variable.Options & ScopedItemOptions.ReadOnly) != 0)
                variable.Options &= ~ScopedItemOptions.ReadOnly;
            SessionState.PSVariable.Remove(Scoped(variable.Name));
        }
        catch (SessionStateException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
        }
    }
}
