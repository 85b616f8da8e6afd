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

    /// <summary>Starts the shell as the session's user and waits for its prompt.</summary>
    public LabTerminal(LabSession session)
    {
        Assert.SkipUnless(LabProcess.Run(["sh", "-c", "command -v tmux"]).ExitCode == 0, "tmux is not installed: a prompt needs a terminal.");
        _socket = session.Folder.File("tmux");
        _ = LabProcess.Run(
            ["tmux", "-u", "-S", _socket, "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "50", "-c", session.Folder.Path, .. session.Words("-NoProfile", "-NoLogo")],
            new Dictionary<string, string>(session.Environment) { ["LC_ALL"] = "C.UTF-8" });

        // tmux tells a client in control mode of whatever a program prints, so that nothing here waits for time.
        _watcher = LabProcess.Start(["tmux", "-S", _socket, "-C", "attach"]);
        _watcher.OutputDataReceived += (_, line) => _changes.Add(line.Data ?? "");
        _watcher.BeginOutputReadLine();
        try
        {
            _ = Expect("", Prompt());
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
        (string printed, int next) = Look(line, end);
        _seen = next;
        return printed;
    }

    private (string Printed, int End) Look(string line, Regex end)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            string screen = Screen();
            int start = screen.Length < _seen ? -1 : screen.IndexOf(line, _seen, StringComparison.Ordinal);
            if (start >= 0 && end.Match(screen, start + line.Length) is { Success: true } match)
            {
                // A line typed before the editor reads is on the screen twice: the terminal has shown it, and then the editor.
                string printed = screen[(start + line.Length)..match.Index];
                int again = line.Length == 0 ? -1 : printed.LastIndexOf(line, StringComparison.Ordinal);
                return (again < 0 ? printed : printed[(again + line.Length)..], match.Index);
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
