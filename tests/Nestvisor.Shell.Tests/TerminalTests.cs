namespace Nestvisor.Shell.Tests;

/// <summary>The prompt in a terminal.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly Terminal _terminal = new();

    [Fact]
    public void Prompt_Keys_EditRecallCompleteAndInterrupt()
    {
        // Editing: back over two characters, one in between, then to the end.
        _terminal.Type("'eited'");
        _terminal.Keys("Left", "Left", "Left", "Left", "Left");
        _terminal.Type("d");
        _terminal.Keys("End", "Enter");
        _terminal.Expect("\nedited\n");

        // Recall: the line comes back and runs again, changed.
        _terminal.Keys("Up");
        _terminal.Keys("Left", "BSpace", "BSpace");
        _terminal.Type("ing");
        _terminal.Keys("Enter");
        _terminal.Expect("\nediting\n");

        // Completion: of a command, and of a parameter.
        _terminal.Type("Split-Pa");
        _terminal.Keys("Tab");
        _terminal.Type(" /a/b -LeafB");
        _terminal.Keys("Tab", "Enter");
        _terminal.Expect("\nb\n");

        // Ctrl-C drops a line, and stops what runs; the shell goes on.
        _terminal.Type("'dropped'");
        _terminal.Keys("C-c");
        _terminal.Type("Start-Sleep 600");
        _terminal.Keys("Enter");
        _terminal.Expect("Start-Sleep 600\n");
        _terminal.Keys("C-c");
        _terminal.Type("'still ' + 'here'");
        _terminal.Keys("Enter");
        _terminal.Expect("\nstill here\n");

        // An open block goes on; the end of input ends the shell.
        _terminal.Type("if (1) {");
        _terminal.Keys("Enter");
        _terminal.Expect("{\n>>");
        _terminal.Type("'in' + 'side' }");
        _terminal.Keys("Enter");
        _terminal.Expect("\ninside\n");
        _terminal.Keys("C-d");
        _terminal.ExpectEnd();
    }

    public void Dispose() => _terminal.Dispose();
}
