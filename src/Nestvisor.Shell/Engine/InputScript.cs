using System.Management.Automation.Language;
using System.Text;

namespace Nestvisor.Shell.Engine;

/// <summary>Runs the commands on standard input (<c>-Command -</c>), each as soon as it is complete.</summary>
internal static class InputScript
{
    /// <summary>Reads <paramref name="input"/> to its end or to <c>exit</c>.</summary>
    public static void Run(ShellSession session, TextReader input)
    {
        var text = new StringBuilder();
        while (!session.Ended && input.ReadLine() is { } line)
        {
            text.AppendLine(line);
            // As at pwsh's own: an open block goes on until an empty line or its closing brace.
            if (line.Length > 0 && IsIncomplete(text.ToString()))
                continue;
            Submit(session, text);
        }

        if (!session.Ended)
            Submit(session, text);
    }

    /// <summary>The text breaks off inside a construct that more lines can finish.</summary>
    public static bool IsIncomplete(string text)
    {
        _ = Parser.ParseInput(text, out _, out var errors);
        return errors.Length > 0 && errors.All(e => e.IncompleteInput);
    }

    private static void Submit(ShellSession session, StringBuilder text)
    {
        var command = text.ToString();
        text.Clear();
        if (!string.IsNullOrWhiteSpace(command))
            session.RunText(command);
    }
}
