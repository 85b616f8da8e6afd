using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Invoke-Item: does the item's default action.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class InvokeItemCommand : PathCommand
{
    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
        => InvokeProvider.Item.Invoke([path], literalPath: true);
}
