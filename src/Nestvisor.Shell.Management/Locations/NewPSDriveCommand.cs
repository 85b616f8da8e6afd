using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-PSDrive: a name for a place.</summary>
[Cmdlet(VerbsCommon.New, "PSDrive", SupportsShouldProcess = true)]
[OutputType(typeof(PSDriveInfo))]
public sealed class NewPSDriveCommand : ProviderCommand
{
    /// <summary>The drive's name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    /// <summary>The provider.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string PSProvider { get; set; } = string.Empty;

    /// <summary>The place.</summary>
    [Parameter(Position = 2, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string Root { get; set; } = string.Empty;

    /// <summary>A word about it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Description { get; set; }

    /// <summary>The scope it belongs to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Scope { get; set; }

    /// <summary>Refused: drives of Windows' own are mapped by it.</summary>
    [Parameter]
    public SwitchParameter Persist { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        RefuseCredential();
        Refuse(nameof(Persist), "there are no network drives on Linux. Mount the file system and leave it out.");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Attempt(() =>
    {
        if (!ShouldProcess($"Name: {Name} Provider: {PSProvider} Root: {Root}", "New drive"))
            return;
        var provider = SessionState.Provider.GetOne(PSProvider);
        var drive = new PSDriveInfo(Name, provider, Root, Description ?? string.Empty, null);
        WriteObject(SessionState.Drive.New(drive, Scope ?? string.Empty));
    });
}
