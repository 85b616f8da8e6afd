using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>The README's first ten minutes, line by line in one terminal, as a new user types them.</summary>
public sealed partial class ReadmeTests
{
    private const string Section = "## The first ten minutes";
    private const string Clone = "git clone URL nestvisor";

    [Fact]
    public void FirstTenMinutes_EveryLineTyped_DoesWhatItSays()
    {
        using LabSession session = new(GuestUser.Unprivileged);
        LabFolder folder = session.Folder;
        string[] lines = [.. Lines(File.ReadAllText(Path.Combine(folder.Root, "README.md")))];
        Assert.Contains(Clone, lines);
        using LabTerminal terminal = new(
            folder,
            [.. folder.Prefix, "bash", "--norc", "--noprofile", "-i"],
            new Dictionary<string, string>(session.Environment)
            {
                ["PS1"] = "$ ",
                ["PROMPT_COMMAND"] = "",
                ["HISTFILE"] = "",
                ["TMPDIR"] = folder.Path,

                // Everything is there: whatever would be fetched is an error.
                ["http_proxy"] = "http://127.0.0.1:9",
                ["https_proxy"] = "http://127.0.0.1:9",
            },
            AnyPrompt());
        Dictionary<string, string> printed = [];
        foreach (string line in lines)
        {
            if (line == Clone)
            {
                // The only line that is not typed: there is no address to clone from here, and what quickstart.sh would build for minutes is what
                // these tests run with. So the clone is of this repository as it is, with what was built; quickstart.sh checks that it fits.
                _ = LabClone.Make(folder, "nestvisor", built: true);
                continue;
            }

            printed[line] = terminal.Enter(line, AnyPrompt());
            AssertSucceeded(terminal, line);
        }

        Assert.Contains("L2 ran inside L1.", printed["./quickstart.sh"], StringComparison.Ordinal);
        Assert.DoesNotContain(": publishing", printed["./quickstart.sh"], StringComparison.Ordinal);
        Assert.Matches(@"\ndemo +Running ", printed["Get-VM demo"]);
        Assert.Contains("demo: heard hello", printed["Get-VMConsoleLog demo"], StringComparison.Ordinal);
        Assert.Contains("Kvm: usable, nesting possible, chosen automatically", printed["nestvisor-worker check"], StringComparison.Ordinal);
        Assert.Contains("L2: userland is up", printed.Single(pair => pair.Key.StartsWith("nestvisor-worker boot", StringComparison.Ordinal)).Value, StringComparison.Ordinal);
        Assert.Equal("0", session.Command("@(Get-VM).Count").Output.Trim());
    }

    // As the prompt that has come up can tell: PowerShell's, or a Unix shell's, the user's or L1's.
    private static void AssertSucceeded(LabTerminal terminal, string line)
    {
        bool powerShell = terminal.LastPrompt.StartsWith("PS ", StringComparison.Ordinal);
        string answer = terminal.Enter(powerShell ? "$?" : "echo $?", AnyPrompt()).Trim();
        Assert.True(answer == (powerShell ? "True" : "0"), $"'{line}' has failed ({answer}).");
    }

    // The lines of the section's blocks that say what they are for; blocks without that are what programs print.
    private static IEnumerable<string> Lines(string readme)
    {
        int start = readme.IndexOf(Section, StringComparison.Ordinal);
        string section = readme[start..readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal)];
        return Block().Matches(section).SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [GeneratedRegex(@"```(?:sh|powershell)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    /// <summary>The prompt of nestvisor, of the user's shell or of L1's, at the end of the screen.</summary>
    [GeneratedRegex(@"\n(?:PS [^\n]*>|\$|(?:/[\w/]*|~) #)\n*\z")]
    private static partial Regex AnyPrompt();
}
