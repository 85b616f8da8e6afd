using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Add-Content: adds to the content of an item.</summary>
[Cmdlet(VerbsCommon.Add, "Content", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class AddContentCommand : WriteContentCommandBase
{
    /// <inheritdoc/>
    private protected override bool Appends => true;
}
