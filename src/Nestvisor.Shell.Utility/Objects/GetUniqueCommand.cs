using System.Globalization;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Unique: leaves out what is equal to the one before.</summary>
[Cmdlet(VerbsCommon.Get, "Unique", DefaultParameterSetName = "AsString")]
public sealed class GetUniqueCommand : PSCmdlet
{
    private PSObject? _last;

    /// <summary>The objects, sorted.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Compare as texts.</summary>
    [Parameter(ParameterSetName = "AsString")]
    public SwitchParameter AsString { get; set; }

    /// <summary>Compare types only.</summary>
    [Parameter(ParameterSetName = "UniqueByType")]
    public SwitchParameter OnType { get; set; }

    /// <summary>Case does not count.</summary>
    [Parameter]
    public SwitchParameter CaseInsensitive { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null)
            return;
        var same = _last is not null && (OnType
            ? _last.TypeNames.FirstOrDefault() == InputObject.TypeNames.FirstOrDefault()
            : AsString
                ? string.Equals(_last.ToString(), InputObject.ToString(), CaseInsensitive ? StringComparison.CurrentCultureIgnoreCase : StringComparison.CurrentCulture)
                : new ValueComparer(!CaseInsensitive, CultureInfo.CurrentCulture).Compare(_last, InputObject) == 0);
        if (!same)
            WriteObject(InputObject);
        _last = InputObject;
    }
}
