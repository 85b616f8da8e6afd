using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.PowerShell.Commands;

/// <summary>A line that Select-String has found.</summary>
public sealed class MatchInfo
{
    private const string NoFile = "InputStream";

    /// <summary>Whether case was ignored.</summary>
    public bool IgnoreCase { get; init; }

    /// <summary>The line's number, from 1; of text from the pipeline that of the object.</summary>
    public long LineNumber { get; init; }

    /// <summary>The line.</summary>
    public string Line { get; init; } = string.Empty;

    /// <summary>The file's name, or InputStream.</summary>
    public string Filename => System.IO.Path.GetFileName(Path);

    /// <summary>The file's path, or InputStream.</summary>
    public string Path { get; init; } = NoFile;

    /// <summary>The pattern that matched.</summary>
    public string Pattern { get; init; } = string.Empty;

    /// <summary>Where it matched; empty with -SimpleMatch and -NotMatch.</summary>
    public IReadOnlyList<Match> Matches { get; init; } = [];

    /// <summary>The line as the formatter shows it; there is no emphasis.</summary>
    /// <param name="directory">The folder to which the path is shown.</param>
    public string ToEmphasizedString(string directory) => ToString(directory);

    /// <summary>The line, of a file with its path and number.</summary>
    /// <param name="directory">The folder to which the path is shown.</param>
    public string ToString(string directory)
    {
        if (Path == NoFile)
            return Line;
        var shown = directory.Length > 0 && Path.StartsWith(directory + "/", StringComparison.Ordinal) ? Path[(directory.Length + 1)..] : Path;
        return string.Create(CultureInfo.InvariantCulture, $"{shown}:{LineNumber}:{Line}");
    }

    /// <inheritdoc/>
    public override string ToString() => ToString(string.Empty);
}
