using System.Collections.ObjectModel;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-ItemProperty: properties of the item at a path.</summary>
[Cmdlet(VerbsCommon.Get, "ItemProperty", DefaultParameterSetName = ByPath)]
[OutputType(typeof(PSObject))]
public sealed class GetItemPropertyCommand : PathCommand
{
    /// <summary>Names of the properties; all of them if not given.</summary>
    [Parameter(Position = 1)]
    [Alias("PSProperty")]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
        => WriteItems(InvokeProvider.Property.Get([path], new Collection<string>(Name ?? []), literalPath: true));
}
