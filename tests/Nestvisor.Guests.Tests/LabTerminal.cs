using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>The shell's prompt in a terminal of its own, which is tmux's: what is typed goes through the line editor as from a keyboard.</summary>
public sealed partial class LabTerminal : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    private readonly string _socket;
    private readonly Process _watcher;
    private readonly BlockingCollection<string> _changes = [];
    private int _seen;

    /// <summary>What the last prompt looked like.</summary>
    public string LastPrompt { get; private set; } = "";

    /// <summary>Starts nestvisor as the session's user and waits for its prompt.</summary>
    public LabTerminal(LabSession session)
        : this(session.Folder, session.Words("-NoProfile", "-NoLogo"), session.Environment, Prompt())
    {
    }

    /// <summary>Starts a program in a test's folder and waits for its prompt.</summary>
    public LabTerminal(LabFolder folder, string[] words, IReadOnlyDictionary<string, string> environment, Regex prompt)
    {
        Assert.SkipUnless(LabProcess.Run(["sh", "-c", "command -v tmux"]).ExitCode == 0, "tmux is not installed: a prompt needs a terminal.");
        _socket = folder.File("tmux");
        _ = LabProcess.Run(
            ["tmux", "-u", "-S", _socket, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "50", "-c", folder.Path, .. words],
            new Dictionary<string, string>(environment) { ["LC_ALL"] = "C.UTF-8" });

        // tmux tells a client in control mode of whatever a program prints, so that nothing here waits for time.
        _watcher = LabProcess.Start(["tmux", "-S", _socket, "-C", "attach"]);
        _watcher.OutputDataReceived += (_, line) => _changes.Add(line.Data ?? "");
        _watcher.BeginOutputReadLine();
        try
        {
            _ = Expect("", prompt);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Types a line at the shell's prompt and returns what it prints, when the prompt is back.</summary>
    public string Enter(string line) => Enter(line, Prompt());

    /// <summary>The same at another program's prompt.</summary>
    /// <param name="line">The line.</param>
    /// <param name="end">What the screen shows at its end when the line has done its work.</param>
    public string Enter(string line, Regex end)
    {
        _ = Tmux("send-keys", "-l", line);

        // Entered when it stands there: a key that comes before its time would be another program's.
        _ = Look(line, Nothing());
        _ = Tmux("send-keys", "Enter");
        string printed = Expect(line, end);
        TestContext.Current.TestOutputHelper?.WriteLine($"> {line}\n{printed}");
        return printed;
    }

    public void Dispose()
    {
        _ = Tmux("kill-server");
        _watcher.WaitForExit();
        _watcher.Dispose();
        _changes.Dispose();
    }

    /// <summary>The shell's prompt at the end of the screen.</summary>
    [GeneratedRegex(@"\nPS [^\n]*>\n*\z")]
    public static partial Regex Prompt();

    /// <summary>No prompt: what is typed is only to be there.</summary>
    [GeneratedRegex("")]
    private static partial Regex Nothing();

    // What comes after a line, up to the prompt that ends it, from where the next line is looked for.
    private string Expect(string line, Regex end)
    {
        (string printed, Match prompt) = Look(line, end);
        _seen = prompt.Index;
        LastPrompt = prompt.Value.Trim();
        return printed;
    }

    private (string Printed, Match End) Look(string line, Regex end)
    {
        // A shell on a serial line breaks what is typed where it takes the terminal's edge to be.
        Regex typed = new(string.Join(@"\n?", line.Select(c => c == ' ' ? @"[ \n]" : Regex.Escape(c.ToString()))));
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            string screen = Screen();
            if (screen.Length >= _seen
                && typed.Match(screen, _seen) is { Success: true } start
                && end.Match(screen, start.Index + start.Length) is { Success: true } match)
            {
                // A line typed before the editor reads is on the screen twice: the terminal has shown it, and then the editor.
                string printed = screen[(start.Index + start.Length)..match.Index];
                Match? again = line.Length == 0 ? null : typed.Matches(printed).LastOrDefault();
                return (again is null ? printed : printed[(again.Index + again.Length)..], match);
            }

            TimeSpan left = Limit - watch.Elapsed;
            if (left <= TimeSpan.Zero || !_changes.TryTake(out _, left))
            {
                Assert.Fail($"After '{line}' the screen does not show '{end}' within {Limit}:\n{screen}");
            }

            while (_changes.TryTake(out _))
            {
                // Many changes, one look.
            }
        }
    }

    // All rows since the start, joined where the terminal has wrapped them, without the blanks behind.
    private string Screen() => "\n" + string.Join('\n', Tmux("capture-pane", "-p", "-J", "-S", "-").Split('\n').Select(row => row.TrimEnd()));

    private string Tmux(params string[] words)
    {
        using Process process = LabProcess.Start(["tmux", "-u", "-S", _socket, .. words]);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
