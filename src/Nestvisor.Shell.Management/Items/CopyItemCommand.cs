using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Copy-Item: copies items.</summary>
[Cmdlet(VerbsCommon.Copy, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class CopyItemCommand : PathCommand
{
    /// <summary>Where to; the current place without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    public string? Destination { get; set; }

    /// <summary>Copy the container itself as well (the default), or with <c>-Container:$false</c> only what is in it.</summary>
    [Parameter]
    public SwitchParameter Container { get; set; } = true;

    /// <summary>Also what the item contains.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Write the new items.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Refused: there are no sessions to other machines.</summary>
    [Parameter]
    public object? FromSession { get; set; }

    /// <summary>Refused: there are no sessions to other machines.</summary>
    [Parameter]
    public object? ToSession { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Refuse(nameof(FromSession), "it opens no sessions to other machines.");
        Refuse(nameof(ToSession), "it opens no sessions to other machines.");
    }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
    {
        var native = FileSystemPath(path);
        var target = Destination ?? ".";
        var shownTarget = FileSystemPath(target) ?? target;
        if (!Force && native is not null && File.Exists(shownTarget) && new FileInfo(shownTarget).IsReadOnly)
            throw new UnauthorizedAccessException($"The file '{shownTarget}' is read-only. Use -Force to write over it.");
        var items = InvokeProvider.Item.Copy([path], target, Recurse, Container ? CopyContainers.CopyTargetContainer : CopyContainers.CopyChildrenOfTargetContainer, Force, literalPath: true);
        if (PassThru)
            WriteItems(items);
    }
}
