using System.Globalization;
using System.Text;

namespace Nestvisor.Shell.Editing;

/// <summary>Columns that text takes on a terminal.</summary>
internal static class CellWidth
{
    /// <summary>Columns of <paramref name="text"/>; control sequences take none.</summary>
    public static int Of(string text)
    {
        var cells = 0;
        var runes = text.AsSpan();
        while (!runes.IsEmpty)
        {
            if (runes[0] == '\e')
            {
                runes = runes[SequenceLength(runes)..];
                continue;
            }

            Rune.DecodeFromUtf16(runes, out var rune, out var used);
            cells += Of(rune);
            runes = runes[used..];
        }

        return cells;
    }

    private static int Of(Rune rune)
    {
        if (Rune.IsControl(rune))
            return 0;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
            return 0;
        // The blocks that Unicode's EastAsianWidth.txt marks W or F, as ranges.
        return rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6)
            or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD) ? 2 : 1;
    }

    // ECMA-48 5.4: ESC [ parameters final; anything else is taken as ESC and one character.
    private static int SequenceLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 2 || text[1] != '[')
            return Math.Min(2, text.Length);
        var i = 2;
        while (i < text.Length && text[i] is < '@' or > '~')
            i++;
        return Math.Min(i + 1, text.Length);
    }
}
