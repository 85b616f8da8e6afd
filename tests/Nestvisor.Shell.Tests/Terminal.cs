using System.Diagnostics;

namespace Nestvisor.Shell.Tests;

/// <summary>The shell's prompt in a terminal, driven by tmux.</summary>
internal sealed class Terminal : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _folder = new();
    private readonly string _socket;

    /// <summary>Starts the shell and waits for its prompt.</summary>
    /// <param name="environment">Variables for the shell.</param>
    public Terminal(params IEnumerable<(string Name, string Value)> environment)
    {
        _socket = Path.Combine(_folder.Path, "tmux");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "tmux"))), "tmux is not installed: the prompt's test needs a terminal");
        Tmux([
            "new-session", "-d", "-x", "100", "-y", "30",
            .. environment.SelectMany(variable => new[] { "-e", $"{variable.Name}={variable.Value}" }),
            $"{ShellProcess.Program} -NoProfile -NoLogo"]);
        Expect("PS ");
    }

    /// <summary>Ends the shell.</summary>
    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }

    /// <summary>Types text.</summary>
    public void Type(string text) => Tmux("send-keys", "-l", text);

    /// <summary>Presses keys by tmux's names.</summary>
    public void Keys(params string[] keys) => Tmux(["send-keys", .. keys]);

    /// <summary>Waits until the screen has the text.</summary>
    public void Expect(string text)
    {
        var watch = Stopwatch.StartNew();
        var screen = string.Empty;
        while (watch.Elapsed < Limit)
        {
            // The screen's rows, joined where the terminal has wrapped them, without the blanks behind.
            screen = "\n" + string.Join('\n', Tmux("capture-pane", "-p", "-J").Split('\n').Select(l => l.TrimEnd()));
            if (screen.Contains(text, StringComparison.Ordinal))
                return;
            Thread.Yield();
        }

        Assert.Fail($"'{text}' did not come up on the screen:\n{screen}");
    }

    /// <summary>Waits until the shell has ended.</summary>
    public void ExpectEnd()
    {
        var watch = Stopwatch.StartNew();
        while (Tmux("list-sessions").Length > 0)
            Assert.True(watch.Elapsed < Limit, "the shell did not end at the end of its input");
    }

    private string Tmux(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("tmux", ["-S", _socket, "-f", "/dev/null", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
