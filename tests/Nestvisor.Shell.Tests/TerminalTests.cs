using System.Diagnostics;

namespace Nestvisor.Shell.Tests;

/// <summary>The prompt in a terminal, driven by tmux.</summary>
public sealed class TerminalTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder _folder = new();
    private readonly string _socket;

    public TerminalTests()
    {
        _socket = Path.Combine(_folder.Path, "tmux");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "tmux"))), "tmux is not installed: the prompt's test needs a terminal");
        Tmux("new-session", "-d", "-x", "100", "-y", "30", $"{ShellProcess.Program} -NoProfile -NoLogo");
        Expect("PS ");
    }

    [Fact]
    public void Prompt_Keys_EditRecallCompleteAndInterrupt()
    {
        // Editing: back over two characters, one in between, then to the end.
        Type("'eited'");
        Keys("Left", "Left", "Left", "Left", "Left");
        Type("d");
        Keys("End", "Enter");
        Expect("\nedited\n");

        // Recall: the line comes back and runs again, changed.
        Keys("Up");
        Keys("Left", "BSpace", "BSpace");
        Type("ing");
        Keys("Enter");
        Expect("\nediting\n");

        // Completion: of a command, and of a parameter.
        Type("Split-Pa");
        Keys("Tab");
        Type(" /a/b -LeafB");
        Keys("Tab", "Enter");
        Expect("\nb\n");

        // Ctrl-C drops a line, and stops what runs; the shell goes on.
        Type("'dropped'");
        Keys("C-c");
        Type("Start-Sleep 600");
        Keys("Enter");
        Expect("Start-Sleep 600\n");
        Keys("C-c");
        Type("'still ' + 'here'");
        Keys("Enter");
        Expect("\nstill here\n");

        // An open block goes on; the end of input ends the shell.
        Type("if (1) {");
        Keys("Enter");
        Expect("{\n>>");
        Type("'in' + 'side' }");
        Keys("Enter");
        Expect("\ninside\n");
        Keys("C-d");
        ExpectEnd();
    }

    public void Dispose()
    {
        Tmux("kill-server");
        _folder.Dispose();
    }

    private void Type(string text) => Tmux("send-keys", "-l", text);

    private void Keys(params string[] keys) => Tmux(["send-keys", .. keys]);

    private void Expect(string text)
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

    private void ExpectEnd()
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
