using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>New-Alias: another name for a command.</summary>
[Cmdlet(VerbsCommon.New, "Alias", SupportsShouldProcess = true)]
[OutputType(typeof(AliasInfo))]
public sealed class NewAliasCommand : WriteAliasCommandBase
{
    /// <inheritdoc/>
    private protected override bool Replaces => Force;
}
