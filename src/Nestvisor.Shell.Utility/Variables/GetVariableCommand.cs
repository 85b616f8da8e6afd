using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Variable: variables.</summary>
[Cmdlet(VerbsCommon.Get, "Variable")]
[OutputType(typeof(PSVariable))]
public sealed class GetVariableCommand : VariableCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Only the values.</summary>
    [Parameter]
    public SwitchParameter ValueOnly { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[] Include { get; set; } = [];

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[] Exclude { get; set; } = [];

    /// <inheritdoc/>
    protected override void BeginProcessing() => RefuseNumberedScope();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var name in Name)
        {
            var any = false;
            foreach (var variable in Find(name, Include, Exclude))
            {
                any = true;
                WriteObject(ValueOnly ? variable.Value : variable);
            }

            if (!any && !WildcardPattern.ContainsWildcardCharacters(name))
                NotFound(name);
        }
    }
}
