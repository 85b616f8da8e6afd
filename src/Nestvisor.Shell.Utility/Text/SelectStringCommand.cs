using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

/// <summary>Select-String: lines of text or of files that match a pattern.</summary>
[Cmdlet(VerbsCommon.Select, "String", DefaultParameterSetName = FileSet)]
[OutputType(typeof(MatchInfo), typeof(bool), typeof(string))]
public sealed class SelectStringCommand : PSCmdlet
{
    private const string FileSet = "File";
    private const string ObjectSet = "Object";
    private const string LiteralSet = "LiteralFile";
    private readonly List<Regex> _patterns = [];
    private long _number;
    private bool _found;

    /// <summary>Regular expressions, or texts with -SimpleMatch.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string[] Pattern { get; set; } = [];

    /// <summary>Files; wildcards are expanded.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = FileSet, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    public string[] Path { get; set; } = [];

    /// <summary>Files, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Text; a file that is an object of Get-Item or Get-ChildItem is read.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ObjectSet, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    public PSObject? InputObject { get; set; }

    /// <summary>Patterns are texts.</summary>
    [Parameter]
    public SwitchParameter SimpleMatch { get; set; }

    /// <summary>Case matters.</summary>
    [Parameter]
    public SwitchParameter CaseSensitive { get; set; }

    /// <summary>Only whether there is a match.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Only the first match of a file.</summary>
    [Parameter]
    public SwitchParameter List { get; set; }

    /// <summary>Lines that match no pattern.</summary>
    [Parameter]
    public SwitchParameter NotMatch { get; set; }

    /// <summary>All matches in a line.</summary>
    [Parameter]
    public SwitchParameter AllMatches { get; set; }

    /// <summary>The lines as texts.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Without effect: matches are not emphasized.</summary>
    [Parameter]
    public SwitchParameter NoEmphasis { get; set; }

    /// <summary>Names of files to read.</summary>
    [Parameter]
    public string[]? Include { get; set; }

    /// <summary>Names of files to leave out.</summary>
    [Parameter]
    public string[]? Exclude { get; set; }

    /// <summary>The files' encoding.</summary>
    [Parameter]
    [EncodingArgument]
    public Encoding Encoding { get; set; } = EncodingArgumentAttribute.Default;

    /// <summary>Refused: see the error.</summary>
    [Parameter]
    public int[]? Context { get; set; }

    /// <summary>Refused: see the error.</summary>
    [Parameter]
    public string? Culture { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        Refuse(nameof(Context), "lines around a match are not kept. Use Get-Content and the LineNumber of the match.");
        Refuse(nameof(Culture), "texts are compared by their characters' codes.");
        var options = RegexOptions.CultureInvariant | (CaseSensitive ? RegexOptions.None : RegexOptions.IgnoreCase);
        foreach (var pattern in Pattern)
        {
            try
            {
                _patterns.Add(new Regex(SimpleMatch ? Regex.Escape(pattern) : pattern, options));
            }
            catch (ArgumentException e)
            {
                ThrowTerminatingError(new ErrorRecord(
                    new ArgumentException($"The string {pattern} is not a valid regular expression: {e.Message} Use -SimpleMatch to find it as a text.", e),
                    "InvalidRegex", ErrorCategory.InvalidArgument, pattern));
            }
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ObjectSet)
        {
            if (InputObject?.BaseObject is FileInfo file)
                Read(file.FullName);
            else if (LanguagePrimitives.ConvertTo<string>(InputObject) is { } text)
                _ = Examine(text, ++_number, null);
            return;
        }

        foreach (var path in ParameterSetName == LiteralSet ? LiteralPath : Path)
        {
            foreach (var file in Files(path))
                Read(file);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Quiet)
            WriteObject(_found);
    }

    private IEnumerable<string> Files(string path)
    {
        try
        {
            return ParameterSetName == LiteralSet
                ? [SessionState.Path.GetUnresolvedProviderPathFromPSPath(path)]
                : SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _);
        }
        catch (ItemNotFoundException e)
        {
            WriteError(new ErrorRecord(e.ErrorRecord, e));
            return [];
        }
    }

    private void Read(string file)
    {
        var name = System.IO.Path.GetFileName(file);
        if (Directory.Exists(file) || (Include is { Length: > 0 } && !Include.Any(Named)) || (Exclude is { Length: > 0 } && Exclude.Any(Named)))
            return;
        try
        {
            var number = 0L;
            foreach (var line in File.ReadLines(file, Encoding))
            {
                if (Examine(line, ++number, file) && (List || Quiet))
                    return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(new ArgumentException($"The file {file} cannot be read: {e.Message}", e), "ProcessingFile", ErrorCategory.InvalidArgument, file));
        }

        bool Named(string pattern) => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name);
    }

    // Whether the line is one of those wanted.
    private bool Examine(string line, long number, string? file)
    {
        var index = _patterns.FindIndex(pattern => pattern.IsMatch(line));
        if (index >= 0 == NotMatch)
            return false;
        _found = true;
        if (Quiet)
            return true;
        if (Raw)
        {
            WriteObject(line);
            return true;
        }

        Match[] matches = index < 0 || SimpleMatch ? [] : AllMatches ? _patterns[index].Matches(line).ToArray() : [_patterns[index].Match(line)];
        WriteObject(new MatchInfo
        {
            IgnoreCase = !CaseSensitive,
            LineNumber = number,
            Line = line,
            Path = file ?? "InputStream",
            Pattern = Pattern[Math.Max(index, 0)],
            Matches = matches,
        });
        return true;
    }

    private void Refuse(string parameter, string reason)
    {
        if (MyInvocation.BoundParameters.ContainsKey(parameter))
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSNotSupportedException($"Select-String does not support -{parameter} in this shell: {reason}"),
                "ParameterNotSupported", ErrorCategory.NotImplemented, parameter));
        }
    }
}
