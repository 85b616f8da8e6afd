using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Format-Table: a row for each object.</summary>
[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    /// <summary>Sets the engine's formatter to tables.</summary>
    public FormatTableCommand() => FormatterInternals.UseShape(this, "Table");
}
