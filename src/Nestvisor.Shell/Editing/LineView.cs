using System.Globalization;
using System.Text;

namespace Nestvisor.Shell.Editing;

/// <summary>Draws prompt and line, over as many rows as they need.</summary>
internal sealed class LineView(ITerminal terminal)
{
    private string _prompt = string.Empty;
    private int _promptCells;
    private int _cursorRow;

    /// <summary>Starts a new line with <paramref name="prompt"/>.</summary>
    public void Begin(string prompt)
    {
        // Only the prompt's last line is redrawn with the text.
        var split = prompt.LastIndexOf('\n');
        terminal.Write(prompt[..(split + 1)].ReplaceLineEndings("\r\n"));
        _prompt = prompt[(split + 1)..];
        _promptCells = CellWidth.Of(_prompt);
        _cursorRow = 0;
    }

    /// <summary>Draws <paramref name="text"/> with the cursor at <paramref name="cursor"/>.</summary>
    public void Draw(string text, int cursor)
    {
        var width = terminal.Width;
        var shown = Printable(text);
        var end = _promptCells + CellWidth.Of(shown);
        var at = _promptCells + CellWidth.Of(Printable(text[..cursor]));
        var output = new StringBuilder();
        ToStart(output);
        output.Append("\e[J").Append(_prompt).Append(shown);
        // A terminal keeps the cursor on the last column until one more character comes; force it on.
        if (end > 0 && end % width == 0)
            output.Append(" \r");
        var row = end / width;
        if (row > at / width)
            output.Append(CultureInfo.InvariantCulture, $"\e[{row - (at / width)}A");
        output.Append('\r');
        if (at % width > 0)
            output.Append(CultureInfo.InvariantCulture, $"\e[{at % width}C");
        _cursorRow = at / width;
        terminal.Write(output.ToString());
    }

    /// <summary>Leaves the line: the cursor goes to the row below it.</summary>
    public void End(string text, string mark = "")
    {
        Draw(text, text.Length);
        terminal.Write(mark + "\r\n");
        _cursorRow = 0;
    }

    /// <summary>Prints rows below the line, after which the line is drawn anew.</summary>
    public void PrintBelow(string text, IEnumerable<string> rows)
    {
        End(text);
        foreach (var row in rows)
            terminal.Write(row + "\r\n");
    }

    /// <summary>Clears the screen; the line is drawn anew at its top.</summary>
    public void Clear()
    {
        terminal.Write("\e[H\e[2J");
        _cursorRow = 0;
    }

    private void ToStart(StringBuilder output)
    {
        if (_cursorRow > 0)
            output.Append(CultureInfo.InvariantCulture, $"\e[{_cursorRow}A");
        output.Append('\r');
    }

    // A recalled or pasted control character must not act on the terminal.
    private static string Printable(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });
}
