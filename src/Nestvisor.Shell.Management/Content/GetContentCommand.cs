using System.Management.Automation;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>Get-Content: the content of an item, line by line.</summary>
[Cmdlet(VerbsCommon.Get, "Content", DefaultParameterSetName = ByPath)]
public sealed class GetContentCommand : PathCommand
{
    /// <summary>How many lines go on together; 0 for all in one array.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public long ReadCount { get; set; } = 1;

    /// <summary>Only so many lines from the start.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("First", "Head")]
    public long TotalCount { get; set; } = -1;

    /// <summary>Only so many lines from the end.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Last")]
    public int Tail { get; set; } = -1;

    /// <summary>The whole content as one text.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Bytes rather than text.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>The file's encoding when it has no mark; UTF-8 without it.</summary>
    [Parameter]
    [EncodingArgument]
    [ValidateNotNullOrEmpty]
    public Encoding Encoding { get; set; } = EncodingArgumentAttribute.Default;

    /// <summary>What separates the pieces; a line break without it.</summary>
    [Parameter]
    public string? Delimiter { get; set; }

    /// <summary>Wait for more at the end of the file, until Ctrl-C.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Refused: file systems of Linux have no alternate streams.</summary>
    [Parameter]
    public string? Stream { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        Refuse(nameof(Stream), "files have no alternate data streams on Linux.");
        if (TotalCount >= 0 && Tail >= 0)
            ThrowTerminatingError(new ErrorRecord(new PSInvalidOperationException("-TotalCount and -Tail cannot be used together."), "TailAndHeadCannotCoexist", ErrorCategory.InvalidOperation, null));
    }

    /// <inheritdoc/>
    private protected override void ProcessItem(string path)
    {
        if (FileSystemPath(path) is not { } native)
        {
            ReadProvider(path);
            return;
        }

        if (Directory.Exists(native))
            throw new UnauthorizedAccessException($"'{native}' is a folder and has no content. Get-ChildItem lists it.");
        if (!File.Exists(native))
            throw new ItemNotFoundException($"Cannot find path '{native}' because it does not exist.");
        if (AsByteStream)
            WriteBatches(Narrow(File.ReadAllBytes(native).Cast<object>()), native);
        else if (Raw)
            WriteTagged(File.ReadAllText(native, Encoding), native);
        else if (Wait)
            Follow(native);
        else
            WriteBatches(Narrow(Lines(native)), native);
    }

    private IEnumerable<object> Lines(string native)
        => string.IsNullOrEmpty(Delimiter) || Delimiter == "\n"
            ? File.ReadLines(native, Encoding)
            : Pieces(File.ReadAllText(native, Encoding), Delimiter);

    private static IEnumerable<string> Pieces(string text, string delimiter)
    {
        var pieces = text.Split(delimiter);
        return pieces[^1].Length == 0 ? pieces[..^1] : pieces;
    }

    private IEnumerable<object> Narrow(IEnumerable<object> items)
        => TotalCount >= 0 ? items.Take((int)Math.Min(TotalCount, int.MaxValue)) : Tail >= 0 ? items.TakeLast(Tail) : items;

    private void WriteBatches(IEnumerable<object> items, string path)
    {
        if (Raw && AsByteStream)
        {
            WriteObject(items.Cast<byte>().ToArray());
            return;
        }

        if (ReadCount == 1)
        {
            foreach (var item in items)
                WriteTagged(item, path);
            return;
        }

        foreach (var batch in items.Chunk(ReadCount <= 0 ? int.MaxValue : (int)Math.Min(ReadCount, int.MaxValue)))
            WriteTagged(batch, path);
    }

    // Scripts read where a line came from, as with the real command.
    private void WriteTagged(object content, string path)
    {
        var tagged = new PSObject(content);
        tagged.Properties.Add(new PSNoteProperty("PSPath", "Microsoft.PowerShell.Core\\FileSystem::" + path));
        tagged.Properties.Add(new PSNoteProperty("PSParentPath", "Microsoft.PowerShell.Core\\FileSystem::" + System.IO.Path.GetDirectoryName(path)));
        tagged.Properties.Add(new PSNoteProperty("PSChildName", System.IO.Path.GetFileName(path)));
        WriteObject(tagged);
    }

    private void Follow(string native)
    {
        using var file = new FileStream(native, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding);
        using var changed = new ManualResetEventSlim();
        var backlog = new List<object>();
        while (reader.ReadLine() is { } line)
            backlog.Add(line);
        WriteBatches(Narrow(backlog), native);
        while (!Stopping)
        {
            while (reader.ReadLine() is { } line)
                WriteTagged(line, native);
            // Also watched files on network and virtual file systems grow without a notice, so look again twice a second.
            changed.Wait(TimeSpan.FromMilliseconds(500));
        }

        throw new PipelineStoppedException();
    }

    private void ReadProvider(string path)
    {
        foreach (var reader in InvokeProvider.Content.GetReader([path], Force, literalPath: true))
        {
            using (reader)
            {
                var items = new List<object>();
                while (reader.Read(1) is { Count: > 0 } read)
                {
                    foreach (var item in read)
                        items.Add(item);
                }

                reader.Close();
                if (Raw)
                    WriteObject(string.Join('\n', items));
                else
                    foreach (var item in Narrow(items))
                        WriteObject(item);
            }
        }
    }
}
