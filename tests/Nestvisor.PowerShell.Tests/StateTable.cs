using System.Text.RegularExpressions;

namespace Nestvisor.PowerShell.Tests;

/// <summary>The table of docs/states.md.</summary>
internal static partial class StateTable
{
    /// <summary>The states that the table has.</summary>
    public static readonly IReadOnlyList<string> States = ["Off", "Starting", "Running", "Paused", "Saving", "Saved", "Stopping"];

    /// <summary>All cells: the command, the state that the machine is in, and what is said to happen.</summary>
    public static IReadOnlyList<(string Command, string State, string Outcome)> Cells { get; } = Read();

    private static List<(string Command, string State, string Outcome)> Read()
    {
        List<(string, string, string)> cells = [];
        string[]? states = null;
        foreach (string line in File.ReadLines(Path.Combine(Root(), "docs", "states.md")))
        {
            string[] parts = [.. line.Trim('|').Split('|').Select(part => part.Trim().Trim('`'))];
            if (parts is ["operation", "command", .. var columns])
            {
                states = columns;
            }
            else if (states is not null && Operation().IsMatch(line))
            {
                cells.AddRange(states.Zip(parts[2..], (state, outcome) => (parts[1], state, outcome)));
                Assert.Equal(states.Length + 2, parts.Length);
            }
        }

        Assert.Equal(States, states);
        return cells;
    }

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Nestvisor.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not lie in a clone of the repository.");
    }

    [GeneratedRegex(@"^\| [a-z][^|]*\| `[A-Z]\w+-VM")]
    private static partial Regex Operation();
}
