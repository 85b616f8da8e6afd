namespace Nestvisor.PowerShell.Tests.Surface;

/// <summary>The files in Data: what Hyper-V's module looks like, and where this one is known to differ.</summary>
internal static class SurfaceData
{
    /// <summary>Hyper-V's commands by name.</summary>
    public static SortedDictionary<string, CommandShape> Commands()
    {
        SortedDictionary<string, CommandShape> commands = new(StringComparer.Ordinal);
        CommandShape? current = null;
        foreach (string[] columns in Rows("commands.tsv", 6))
        {
            if (columns[0].Length > 0)
            {
                current = new CommandShape(columns[0], columns[1], columns[2], columns[3]);
                commands.Add(current.Name, current);
            }
            else
            {
                current!.Parameters.Add(columns[1], new ParameterShape(columns[1], columns[2], columns[3], columns[4], columns[5]));
            }
        }

        return commands;
    }

    /// <summary>Hyper-V's types by name: NAME=NUMBER of an enumeration, NAME:TYPE of a class.</summary>
    public static Dictionary<string, string[]> Types() =>
        Rows("types.tsv", 3).ToDictionary(row => row[0], row => row[2].Split(';', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Commands that are not there, and why.</summary>
    public static Dictionary<string, string> Missing()
    {
        Dictionary<string, string> missing = new(StringComparer.Ordinal);
        string reason = "";
        foreach (string[] columns in Rows("missing.tsv", 2))
        {
            if (columns[0].Length > 0)
            {
                reason = columns[0];
            }
            else
            {
                missing.Add(columns[1], reason);
            }
        }

        return missing;
    }

    /// <summary>
    /// What differs on purpose, and why: the command or type and its parameter or property, the latter empty if it is about the whole; and
    /// the aspect.
    /// </summary>
    public static Dictionary<(string Owner, string Member, string Aspect), string> Differences() =>
        Rows("differences.tsv", 4).ToDictionary(row => (row[0], row[1], row[2]), row => row[3]);

    private static IEnumerable<string[]> Rows(string file, int columns)
    {
        using Stream stream = typeof(SurfaceData).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The resource {file} is not in the assembly.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                string[] row = line.Split('\t');
                Array.Resize(ref row, Math.Max(columns, row.Length));
                Assert.True(row.Length == columns, $"{file}: {columns} columns, not '{line}'");
                yield return Array.ConvertAll(row, column => column ?? "");
            }
        }
    }
}
