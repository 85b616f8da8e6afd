using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Microsoft.PowerShell.Commands;

/// <summary>Out-File: what would be printed, into a file.</summary>
[Cmdlet(VerbsData.Out, "File", SupportsShouldProcess = true, DefaultParameterSetName = "ByPath")]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private StreamWriter? _writer;

    /// <summary>Sets the engine's printer to work.</summary>
    public OutFileCommand() => FormatterInternals.UsePrinter(this);

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "ByPath")]
    [Alias("Path")]
    public string FilePath { get; set; } = string.Empty;

    /// <summary>The file, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ByLiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = string.Empty;

    /// <summary>The file's encoding; UTF-8 without a mark if not given.</summary>
    [Parameter(Position = 1)]
    [EncodingArgument]
    [ValidateNotNullOrEmpty]
    public Encoding Encoding { get; set; } = EncodingArgumentAttribute.Default;

    /// <summary>Add to the file.</summary>
    [Parameter]
    public SwitchParameter Append { get; set; }

    /// <summary>Also when the file is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Not when the file is there.</summary>
    [Parameter]
    [Alias("NoOverwrite")]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Columns of a line; without it as many as are needed.</summary>
    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    /// <summary>No line breaks.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        var path = FileTarget.Resolve(this, ParameterSetName == "ByLiteralPath" ? LiteralPath : FilePath, literal: ParameterSetName == "ByLiteralPath");
        if (!ShouldProcess(path, "Output to File"))
            return;
        _writer = FileTarget.Open(this, path, Encoding, Append, Force, NoClobber);
        FormatterInternals.PrintTo(this, _writer, Width, NoNewline);
        base.BeginProcessing();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (_writer is null)
            return;
        base.ProcessRecord();
        _writer.Flush();
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_writer is null)
            return;
        base.EndProcessing();
        Close();
    }

    /// <inheritdoc/>
    protected override void InternalDispose()
    {
        base.InternalDispose();
        Close();
    }

    private void Close()
    {
        _writer?.Dispose();
        _writer = null;
    }
}
