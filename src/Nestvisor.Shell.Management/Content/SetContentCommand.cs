using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Content: writes the content of an item, in place of what is there.</summary>
[Cmdlet(VerbsCommon.Set, "Content", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class SetContentCommand : WriteContentCommandBase
{
    /// <inheritdoc/>
    private protected override bool Appends => false;
}
