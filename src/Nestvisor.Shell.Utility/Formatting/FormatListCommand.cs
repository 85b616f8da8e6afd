using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Format-List: a line for each property.</summary>
[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    /// <summary>Sets the engine's formatter to lists.</summary>
    public FormatListCommand() => FormatterInternals.UseShape(this, "List");
}
