namespace Nestvisor.Shell.Editing;

/// <summary>The lines entered, for recall. Bounded; a line equal to the one before is kept once.</summary>
internal sealed class LineHistory
{
    private const int Limit = 1000;
    private readonly List<string> _lines = [];
    private int _position;
    private string _draft = string.Empty;

    /// <summary>Adds a line and ends the recall under way.</summary>
    public void Add(string line)
    {
        if (!string.IsNullOrWhiteSpace(line) && (_lines.Count == 0 || _lines[^1] != line))
            _lines.Add(line);
        if (_lines.Count > Limit)
            _lines.RemoveAt(0);
        Reset();
    }

    /// <summary>Ends the recall under way.</summary>
    public void Reset()
    {
        _position = _lines.Count;
        _draft = string.Empty;
    }

    /// <summary>The line before, or null at the oldest. <paramref name="current"/> is kept to come back to.</summary>
    public string? Previous(string current)
    {
        if (_position == 0)
            return null;
        if (_position == _lines.Count)
            _draft = current;
        return _lines[--_position];
    }

    /// <summary>The line after, at the end the one that was being typed; null beyond it.</summary>
    public string? Next()
    {
        if (_position >= _lines.Count)
            return null;
        return ++_position == _lines.Count ? _draft : _lines[_position];
    }

    /// <summary>The newest line that contains <paramref name="part"/>, <paramref name="skip"/> matches further back; null when there is none.</summary>
    public string? Find(string part, int skip)
    {
        for (var i = _lines.Count - 1; i >= 0 && part.Length > 0; i--)
        {
            if (_lines[i].Contains(part, StringComparison.OrdinalIgnoreCase) && skip-- == 0)
                return _lines[i];
        }

        return null;
    }
}
