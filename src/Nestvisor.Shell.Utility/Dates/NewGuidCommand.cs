using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Guid: a GUID that nothing else has.</summary>
[Cmdlet(VerbsCommon.New, "Guid", DefaultParameterSetName = "Default")]
[OutputType(typeof(Guid))]
public sealed class NewGuidCommand : PSCmdlet
{
    /// <summary>The empty GUID.</summary>
    [Parameter(ParameterSetName = "Empty")]
    public SwitchParameter Empty { get; set; }

    /// <summary>The GUID of a text.</summary>
    [Parameter(Position = 0, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    public string? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != "InputObject")
            WriteObject(Empty ? Guid.Empty : Guid.NewGuid());
        else if (Guid.TryParse(InputObject, out var guid))
            WriteObject(guid);
        else
            WriteError(new ErrorRecord(new ArgumentException($"'{InputObject}' is not a GUID; it is 32 hexadecimal digits, with or without dashes."), "StringNotRecognizedAsGuid", ErrorCategory.InvalidArgument, null));
    }
}
