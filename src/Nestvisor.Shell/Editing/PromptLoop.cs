using Nestvisor.Shell.Engine;
using Nestvisor.Shell.Hosting;

namespace Nestvisor.Shell.Editing;

/// <summary>The interactive session: prompt, read, run, again.</summary>
internal sealed class PromptLoop(ShellSession session, ShellHost host, LineEditor? editor)
{
    private const string Continuation = ">> ";
    private bool _inputEnded;

    /// <summary>Runs until <c>exit</c> or the end of input.</summary>
    public void Run(bool banner)
    {
        if (banner)
        {
            host.UI.WriteLine($"Nestvisor {Program.Version.ToString(3)}");
            host.UI.WriteLine("Hyper-V's commands for Linux. Get-Command -Module Hyper-V lists them, Get-Help explains them; exit ends the shell.");
            host.UI.WriteLine(string.Empty);
        }

        session.Interactive = true;
        host.NestedPrompt = () => Step(">");
        while (!session.Ended && !_inputEnded)
            Step(string.Empty);
    }

    private void Step(string nested)
    {
        session.ForgetStop();
        var text = Read(Prompt() + nested, out var interrupted);
        while (text is not null && !interrupted && InputScript.IsIncomplete(text))
        {
            var more = Read(Continuation, out interrupted);
            if (string.IsNullOrEmpty(more))
                break;
            text += "\n" + more;
        }

        if (text is null)
        {
            _inputEnded = true;
            host.ExitNestedPrompt();
        }
        else if (!interrupted && !string.IsNullOrWhiteSpace(text))
        {
            session.RunText(text);
        }
    }

    private string Prompt()
        => session.Evaluate("prompt") is { Count: > 0 } result && result[0]?.ToString() is { Length: > 0 } text ? text : "PS> ";

    private string? Read(string prompt, out bool interrupted)
    {
        interrupted = false;
        if (editor is not null)
            return editor.ReadLine(prompt, out interrupted);
        host.UI.Write(prompt);
        return Console.In.ReadLine();
    }
}
