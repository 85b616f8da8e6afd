using System.Text;

namespace Nestvisor.Shell.Editing;

/// <summary>A line of text with a cursor. Moves never stop inside a surrogate pair.</summary>
internal sealed class LineBuffer
{
    private readonly StringBuilder _text = new();

    /// <summary>The text.</summary>
    public string Text => _text.ToString();

    /// <summary>The cursor, as an index into the text.</summary>
    public int Cursor { get; private set; }

    /// <summary>Length of the text.</summary>
    public int Length => _text.Length;

    /// <summary>Sets the text and puts the cursor behind it.</summary>
    public void Set(string text)
    {
        _text.Clear().Append(text);
        Cursor = _text.Length;
    }

    /// <summary>Inserts at the cursor.</summary>
    public void Insert(string text)
    {
        _text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    /// <summary>Replaces a part and puts the cursor behind it.</summary>
    public void Replace(int start, int length, string text)
    {
        _text.Remove(start, length).Insert(start, text);
        Cursor = start + text.Length;
    }

    /// <summary>Removes from the cursor to <paramref name="target"/>, on either side.</summary>
    public void DeleteTo(int target)
    {
        var start = Math.Min(Cursor, target);
        _text.Remove(start, Math.Abs(Cursor - target));
        Cursor = start;
    }

    /// <summary>Moves the cursor.</summary>
    public void MoveTo(int target) => Cursor = Math.Clamp(target, 0, _text.Length);

    /// <summary>The place one character to the left.</summary>
    public int Left => Cursor == 0 ? 0 : Cursor - (Cursor > 1 && char.IsLowSurrogate(_text[Cursor - 1]) ? 2 : 1);

    /// <summary>The place one character to the right.</summary>
    public int Right => Cursor >= _text.Length ? _text.Length : Math.Min(_text.Length, Cursor + (char.IsHighSurrogate(_text[Cursor]) ? 2 : 1));

    /// <summary>The start of the word to the left.</summary>
    public int WordLeft
    {
        get
        {
            var i = Cursor;
            while (i > 0 && !IsWord(_text[i - 1]))
                i--;
            while (i > 0 && IsWord(_text[i - 1]))
                i--;
            return i;
        }
    }

    /// <summary>The end of the word to the right.</summary>
    public int WordRight
    {
        get
        {
            var i = Cursor;
            while (i < _text.Length && !IsWord(_text[i]))
                i++;
            while (i < _text.Length && IsWord(_text[i]))
                i++;
            return i;
        }
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
