namespace Nestvisor.Shell.Editing;

/// <summary>Reads a line with editing, recall and completion. The keys are those of Bash and of PSReadLine on Linux.</summary>
internal sealed class LineEditor(ITerminal terminal, ICompleter completer)
{
    private readonly LineBuffer _line = new();
    private readonly LineView _view = new(terminal);
    private string _killed = string.Empty;
    private bool _lastWasTab;

    /// <summary>The lines entered so far.</summary>
    public LineHistory History { get; } = new();

    /// <summary>Reads a line. Returns null at the end of input, and an empty line with <paramref name="interrupted"/> set after Ctrl-C.</summary>
    public string? ReadLine(string prompt, out bool interrupted)
    {
        // From the first key to the last: between two of them the signal would find nothing to stop.
        terminal.InterruptIsKey = true;
        try
        {
            return Read(prompt, out interrupted);
        }
        finally
        {
            terminal.InterruptIsKey = false;
        }
    }

    private string? Read(string prompt, out bool interrupted)
    {
        interrupted = false;
        _line.Set(string.Empty);
        History.Reset();
        _view.Begin(prompt);
        _view.Draw(string.Empty, 0);
        while (terminal.ReadKey() is { } key)
        {
            if (IsControl(key, ConsoleKey.C))
            {
                interrupted = true;
                _view.End(_line.Text, "^C");
                return string.Empty;
            }

            if (IsControl(key, ConsoleKey.D) && _line.Length == 0)
            {
                _view.End(string.Empty);
                return null;
            }

            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n')
            {
                _view.End(_line.Text);
                History.Add(_line.Text);
                return _line.Text;
            }

            var tab = key.Key == ConsoleKey.Tab || key.KeyChar == '\t';
            if (tab)
                Complete();
            else if (IsControl(key, ConsoleKey.R))
                Search();
            else
                Edit(key);
            _lastWasTab = tab;
            _view.Draw(_line.Text, _line.Cursor);
        }

        return null;
    }

    private static bool IsControl(ConsoleKeyInfo key, ConsoleKey letter)
        => key.KeyChar == (char)(letter - ConsoleKey.A + 1) && key.Key is not (ConsoleKey.Tab or ConsoleKey.Enter or ConsoleKey.Backspace)
            || (key.Key == letter && key.Modifiers == ConsoleModifiers.Control);

    private void Edit(ConsoleKeyInfo key)
    {
        if (EditByControl(key))
            return;
        var byWord = (key.Modifiers & (ConsoleModifiers.Control | ConsoleModifiers.Alt)) != 0;
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
                _line.MoveTo(byWord ? _line.WordLeft : _line.Left);
                break;
            case ConsoleKey.RightArrow:
                _line.MoveTo(byWord ? _line.WordRight : _line.Right);
                break;
            case ConsoleKey.Home:
                _line.MoveTo(0);
                break;
            case ConsoleKey.End:
                _line.MoveTo(_line.Length);
                break;
            case ConsoleKey.UpArrow:
                Recall(History.Previous(_line.Text));
                break;
            case ConsoleKey.DownArrow:
                Recall(History.Next());
                break;
            case ConsoleKey.Backspace:
                if (byWord)
                    Kill(_line.WordLeft);
                else
                    _line.DeleteTo(_line.Left);
                break;
            case ConsoleKey.Delete:
                _line.DeleteTo(_line.Right);
                break;
            case ConsoleKey.Escape:
                _line.Set(string.Empty);
                break;
            default:
                if (!char.IsControl(key.KeyChar) && key.KeyChar != '\0' && (key.Modifiers & ConsoleModifiers.Alt) == 0)
                    _line.Insert(key.KeyChar.ToString());
                else if (key.Modifiers == ConsoleModifiers.Alt)
                    EditByAlt(key.Key);
                break;
        }
    }

    private void EditByAlt(ConsoleKey key)
    {
        if (key == ConsoleKey.B)
            _line.MoveTo(_line.WordLeft);
        else if (key == ConsoleKey.F)
            _line.MoveTo(_line.WordRight);
        else if (key == ConsoleKey.D)
            Kill(_line.WordRight);
    }

    private bool EditByControl(ConsoleKeyInfo key)
    {
        if (IsControl(key, ConsoleKey.A))
            _line.MoveTo(0);
        else if (IsControl(key, ConsoleKey.E))
            _line.MoveTo(_line.Length);
        else if (IsControl(key, ConsoleKey.B))
            _line.MoveTo(_line.Left);
        else if (IsControl(key, ConsoleKey.F))
            _line.MoveTo(_line.Right);
        else if (IsControl(key, ConsoleKey.D))
            _line.DeleteTo(_line.Right);
        else if (IsControl(key, ConsoleKey.K))
            Kill(_line.Length);
        else if (IsControl(key, ConsoleKey.U))
            Kill(0);
        else if (IsControl(key, ConsoleKey.W))
            Kill(_line.WordLeft);
        else if (IsControl(key, ConsoleKey.Y))
            _line.Insert(_killed);
        else if (IsControl(key, ConsoleKey.P))
            Recall(History.Previous(_line.Text));
        else if (IsControl(key, ConsoleKey.N))
            Recall(History.Next());
        else if (IsControl(key, ConsoleKey.L))
            _view.Clear();
        else
            return false;
        return true;
    }

    private void Kill(int target)
    {
        var start = Math.Min(target, _line.Cursor);
        _killed = _line.Text[start..Math.Max(target, _line.Cursor)];
        _line.DeleteTo(target);
    }

    private void Recall(string? text)
    {
        if (text is not null)
            _line.Set(text);
        else
            terminal.Write("\a");
    }

    // Ctrl-R: each further Ctrl-R goes one match back; any other key takes the line over and acts on it.
    private void Search()
    {
        var part = _line.Text;
        var skip = 0;
        while (true)
        {
            if (History.Find(part, skip) is { } found)
                _line.Set(found);
            else
                terminal.Write("\a");
            _view.Draw(_line.Text, _line.Cursor);
            if (terminal.ReadKey() is not { } key)
                return;
            if (!IsControl(key, ConsoleKey.R))
            {
                Edit(key);
                return;
            }

            skip++;
        }
    }

    private void Complete()
    {
        if (completer.Complete(_line.Text, _line.Cursor) is not { } found || found.Texts.Count == 0)
        {
            terminal.Write("\a");
            return;
        }

        var common = found.Texts.Count == 1 ? found.Texts[0] : CommonStart(found.Texts);
        var typed = _line.Text.Substring(found.Start, found.Length);
        if (common.Length > typed.Length || (found.Texts.Count == 1 && common != typed))
            _line.Replace(found.Start, found.Length, common);
        else if (_lastWasTab && found.Texts.Count > 1)
            _view.PrintBelow(_line.Text, CompletionList.Rows(found.Labels, terminal.Width));
        else
            terminal.Write("\a");
    }

    private static string CommonStart(IReadOnlyList<string> texts)
    {
        var common = texts[0].Length;
        foreach (var text in texts)
        {
            common = Math.Min(common, text.Length);
            for (var i = 0; i < common; i++)
            {
                if (char.ToUpperInvariant(text[i]) != char.ToUpperInvariant(texts[0][i]))
                    common = i;
            }
        }

        return texts[0][..common];
    }
}
