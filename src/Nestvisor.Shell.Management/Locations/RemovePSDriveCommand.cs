using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Remove-PSDrive: takes a drive away; what it named stays.</summary>
[Cmdlet(VerbsCommon.Remove, "PSDrive", SupportsShouldProcess = true, DefaultParameterSetName = "Name")]
public sealed class RemovePSDriveCommand : ProviderCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    /// <summary>Names, taken as they are.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "LiteralName", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] LiteralName { get; set; } = [];

    /// <summary>Only drives of these providers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? PSProvider { get; set; }

    /// <summary>The scope to take it from.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    /// <summary>Also when it is in use.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var literal = ParameterSetName == "LiteralName";
        foreach (var name in literal ? LiteralName : Name)
        {
            var pattern = WildcardPattern.Get(literal ? WildcardPattern.Escape(name) : name, WildcardOptions.IgnoreCase);
            var found = SessionState.Drive.GetAll().Where(d => pattern.IsMatch(d.Name)
                && (PSProvider is null || PSProvider.Contains(d.Provider.Name, StringComparer.OrdinalIgnoreCase))).ToList();
            if (found.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
                WriteError(new ErrorRecord(new DriveNotFoundException($"Cannot find drive. A drive with the name '{name}' does not exist."), "DriveNotFound", ErrorCategory.ObjectNotFound, name));
            foreach (var drive in found)
            {
                if (ShouldProcess($"Name: {drive.Name} Provider: {drive.Provider.Name} Root: {drive.Root}", "Remove Drive"))
                    Attempt(() => SessionState.Drive.Remove(drive.Name, Force, Scope ?? string.Empty));
            }
        }
    }
}
