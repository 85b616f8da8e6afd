using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Clear-Content: empties an item and keeps it.</summary>
[Cmdlet(VerbsCommon.Clear, "Content", SupportsShouldProcess = true, DefaultParameterSetName = ByPath)]
public sealed class ClearContentCommand : PathCommand
{
    /// <summary>Refused: file systems of Linux have no alternate streams.</summary>
    [Parameter]
    public string? Stream { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Refuse(nameof(Stream), "files have no alternate data streams on Linux.");
    }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
        => InvokeProvider.Content.Clear([path], Force, literalPath: true);
}
