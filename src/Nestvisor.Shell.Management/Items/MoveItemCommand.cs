using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Move-Item: moves items.</summary>
[Cmdlet(VerbsCommon.Move, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class MoveItemCommand : PathCommand
{
    /// <summary>Where to; the current place without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string? Destination { get; set; }

    /// <summary>Write the moved items.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
    {
        var items = InvokeProvider.Item.Move([path], Destination ?? ".", Force, literalPath: true);
        if (PassThru)
            WriteItems(items);
    }
}
