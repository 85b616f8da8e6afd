using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Remove-Item: removes items; a folder that is not empty only with <c>-Recurse</c> or after asking.</summary>
[Cmdlet(VerbsCommon.Remove, "Item", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class RemoveItemCommand : PathCommand
{
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Also what the item contains.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

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
    {
        var native = FileSystemPath(path);
        var isFolder = native is not null && Directory.Exists(native) && new DirectoryInfo(native).LinkTarget is null;
        var recurse = Recurse.IsPresent;
        if (!recurse && !MyInvocation.BoundParameters.ContainsKey("WhatIf") && (native is not null && isFolder && Directory.EnumerateFileSystemEntries(native).Any()))
        {
            var question = $"The item at {native} has children and the Recurse parameter was not specified. If you continue, all children will be removed with the item. Are you sure you want to continue?";
            if (!ShouldContinue(question, "Confirm", ref _yesToAll, ref _noToAll))
                return;
            recurse = true;
        }

        // Here and in the other cmdlets over items, it is the provider that asks for -Confirm and tells for -WhatIf.
        InvokeProvider.Item.Remove([path], recurse, Force, literalPath: true);
    }
}
