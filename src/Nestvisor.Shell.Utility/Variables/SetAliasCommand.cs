using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Alias: another name for a command.</summary>
[Cmdlet(VerbsCommon.Set, "Alias", SupportsShouldProcess = true)]
[OutputType(typeof(AliasInfo))]
public sealed class SetAliasCommand : WriteAliasCommandBase
{
    /// <inheritdoc/>
    private protected override bool Replaces => true;
}
