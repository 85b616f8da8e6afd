using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Out-String: what would be printed, as text.</summary>
[Cmdlet(VerbsData.Out, "String", DefaultParameterSetName = "NoNewLineFormatting")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringWriter _writer = new() { NewLine = "\n" };

    /// <summary>Sets the engine's printer to work.</summary>
    public OutStringCommand() => FormatterInternals.UsePrinter(this);

    /// <summary>A text for each line.</summary>
    [Parameter(ParameterSetName = "StreamFormatting")]
    public SwitchParameter Stream { get; set; }

    /// <summary>Columns of a line; without it as many as are needed.</summary>
    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    /// <summary>No line breaks.</summary>
    [Parameter(ParameterSetName = "NoNewLineFormatting")]
    public SwitchParameter NoNewline { get; set; }

    private StringBuilder Buffer => _writer.GetStringBuilder();

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        FormatterInternals.PrintTo(this, _writer, Width, NoNewline);
        base.BeginProcessing();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        if (Stream)
            WriteLines();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        base.EndProcessing();
        if (Stream)
            WriteLines();
        else
            WriteObject(Buffer.ToString());
    }

    private void WriteLines()
    {
        if (Buffer.Length == 0)
            return;
        var text = Buffer.ToString();
        Buffer.Clear();
        foreach (var line in (text.EndsWith('\n') ? text[..^1] : text).Split('\n'))
            WriteObject(line);
    }
}
