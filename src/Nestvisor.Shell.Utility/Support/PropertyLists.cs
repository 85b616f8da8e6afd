using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Helpers over property collections.</summary>
internal static class PropertyLists
{
    /// <summary>The properties, or none.</summary>
    public static IEnumerable<PSPropertyInfo> OrEmpty(this PSMemberInfoCollection<PSPropertyInfo>? properties) => properties ?? Enumerable.Empty<PSPropertyInfo>();
}
