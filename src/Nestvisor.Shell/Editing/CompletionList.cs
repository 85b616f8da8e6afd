namespace Nestvisor.Shell.Editing;

/// <summary>Lays completions out in columns.</summary>
internal static class CompletionList
{
    private const int RowLimit = 40;

    /// <summary>Rows of at most <paramref name="width"/> columns.</summary>
    public static IEnumerable<string> Rows(IReadOnlyList<string> labels, int width)
    {
        var column = Math.Min(width, labels.Max(CellWidth.Of) + 2);
        var columns = Math.Max(1, width / column);
        var rows = (labels.Count + columns - 1) / columns;
        for (var row = 0; row < Math.Min(rows, RowLimit); row++)
        {
            var line = string.Empty;
            for (var i = row; i < labels.Count; i += rows)
                line += i + rows < labels.Count ? labels[i] + new string(' ', column - CellWidth.Of(labels[i])) : labels[i];
            yield return line;
        }

        if (rows > RowLimit)
            yield return $"... {labels.Count} in all; type more of the word";
    }
}
