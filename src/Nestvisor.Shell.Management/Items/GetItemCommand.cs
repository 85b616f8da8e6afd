using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Item: the item at a path.</summary>
[Cmdlet(VerbsCommon.Get, "Item", DefaultParameterSetName = ByPath)]
public sealed class GetItemCommand : PathCommand
{
    /// <summary>Refused: file systems of Linux have no alternate streams.</summary>
    [Parameter]
    public string[]? Stream { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Refuse(nameof(Stream), "files have no alternate data streams on Linux.");
    }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
        => WriteItems(InvokeProvider.Item.Get([path], Force || !Literal, literalPath: true));
}
