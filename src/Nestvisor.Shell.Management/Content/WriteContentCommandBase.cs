using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Set-Content and Add-Content share.</summary>
public abstract class WriteContentCommandBase : ProviderCommand
{
    private readonly List<IDisposable> _open = [];
    private readonly List<Action<object?>> _writers = [];
    private bool _opened;

    /// <summary>Paths; wildcards are expanded.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = ByPath, ValueFromPipelineByPropertyName = true)]
    public string[] Path { get; set; } = [];

    /// <summary>Paths, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByLiteralPath, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The content.</summary>
    [Parameter(Position = 1, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? Value { get; set; }

    /// <summary>Write what was written.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>A pattern for the names.</summary>
    [Parameter]
    public string? Filter { get; set; }

    /// <summary>Names to take.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>Also what is read-only.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>No line break after each value.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>The file's encoding; UTF-8 without a mark if not given.</summary>
    [Parameter]
    [EncodingArgument]
    [ValidateNotNullOrEmpty]
    public Encoding Encoding { get; set; } = EncodingArgumentAttribute.Default;

    /// <summary>The values are bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Refused: file systems of Linux have no alternate streams.</summary>
    [Parameter]
    public string? Stream { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Adds to what is there.</summary>
    private protected abstract bool Appends { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        RefuseCredential();
        Refuse(nameof(Stream), "files have no alternate data streams on Linux.");
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (!_opened)
        {
            _opened = true;
            OpenAll();
        }

        foreach (var value in Value ?? [null])
        {
            foreach (var writer in _writers)
                Attempt(() => writer(value));
            if (PassThru)
                WriteObject(value);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => CloseAll();

    /// <inheritdoc/>
    protected override void StopProcessing() => CloseAll();

    private void OpenAll()
    {
        var literal = ParameterSetName == ByLiteralPath;
        foreach (var path in literal ? LiteralPath : Path)
        {
            if (!AcceptsFilter(path, Filter))
                continue;
            foreach (var item in literal || !WildcardPattern.ContainsWildcardCharacters(path) ? [path] : Expand(path, literal: false, Force))
            {
                if (Passes(SessionState.Path.ParseChildName(item), Filter, Include, Exclude)
                    && ShouldProcess(FileSystemPath(item) ?? item, Appends ? "Add Content" : "Set Content"))
                    Attempt(() => Open(item));
            }
        }
    }

    private void Open(string path)
    {
        if (FileSystemPath(path) is not { } native)
        {
            OpenProvider(path);
            return;
        }

        if (Force && File.Exists(native) && new FileInfo(native) is { IsReadOnly: true } readOnly)
            readOnly.IsReadOnly = false;
        var file = new FileStream(native, Appends ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        _open.Add(file);
        if (AsByteStream)
        {
            _writers.Add(value => file.WriteByte(LanguagePrimitives.ConvertTo<byte>(value)));
            return;
        }

        // A mark belongs at the start of a file only.
        var writer = new StreamWriter(file, file.Position > 0 ? new MarklessEncoding(Encoding).Value : Encoding);
        _open.Insert(0, writer);
        _writers.Add(value =>
        {
            var text = value is null ? string.Empty : PSObject.AsPSObject(value).ToString();
            if (NoNewline)
                writer.Write(text);
            else
                writer.WriteLine(text);
        });
    }

    private void OpenProvider(string path)
    {
        if (!Appends)
            InvokeProvider.Content.Clear([path], Force, literalPath: true);
        foreach (var writer in InvokeProvider.Content.GetWriter([path], Force, literalPath: true))
        {
            if (Appends)
                writer.Seek(0, SeekOrigin.End);
            _open.Add(writer);
            _writers.Add(value => writer.Write(new ArrayList { value }));
        }
    }

    private void CloseAll()
    {
        foreach (var item in _open)
        {
            if (item is IContentWriter writer)
                writer.Close();
            item.Dispose();
        }

        _open.Clear();
        _writers.Clear();
    }

    private readonly record struct MarklessEncoding(Encoding Encoding)
    {
        public Encoding Value => Encoding switch
        {
            UTF8Encoding => EncodingArgumentAttribute.Default,
            UnicodeEncoding => new UnicodeEncoding(Encoding.CodePage == 1201, byteOrderMark: false),
            UTF32Encoding => new UTF32Encoding(Encoding.CodePage == 12001, byteOrderMark: false),
            _ => Encoding,
        };
    }
}
