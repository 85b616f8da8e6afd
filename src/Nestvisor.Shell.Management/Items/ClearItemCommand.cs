using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Clear-Item: empties an item without removing it.</summary>
[Cmdlet(VerbsCommon.Clear, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class ClearItemCommand : PathCommand
{
    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
        => InvokeProvider.Item.Clear([path], Force, literalPath: true);
}
