using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-PSDrive: the drives of the session.</summary>
[Cmdlet(VerbsCommon.Get, "PSDrive", DefaultParameterSetName = "Name")]
[OutputType(typeof(PSDriveInfo))]
public sealed class GetPSDriveCommand : ProviderCommand
{
    /// <summary>Names; wildcards are allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Names, taken as they are.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "LiteralName", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public string[] LiteralName { get; set; } = [];

    /// <summary>Only drives of a scope.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    /// <summary>Only drives of these providers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string[]? PSProvider { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var drives = Scope is null ? SessionState.Drive.GetAll() : SessionState.Drive.GetAllAtScope(Scope);
        foreach (var name in ParameterSetName == "LiteralName" ? LiteralName : Name)
        {
            var pattern = WildcardPattern.Get(ParameterSetName == "LiteralName" ? WildcardPattern.Escape(name) : name, WildcardOptions.IgnoreCase);
            var found = drives.Where(d => pattern.IsMatch(d.Name)
                && (PSProvider is null || PSProvider.Any(p => WildcardPattern.Get(p, WildcardOptions.IgnoreCase).IsMatch(d.Provider.Name)))).ToList();
            WriteObject(found, enumerateCollection: true);
            if (found.Count == 0 && (ParameterSetName == "LiteralName" || !WildcardPattern.ContainsWildcardCharacters(name)))
                WriteError(new ErrorRecord(new DriveNotFoundException($"Cannot find drive. A drive with the name '{name}' does not exist."), "GetLocationNoMatchingDrive", ErrorCategory.ObjectNotFound, name));
        }
    }
}
