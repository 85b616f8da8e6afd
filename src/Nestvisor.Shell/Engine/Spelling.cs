namespace Nestvisor.Shell.Engine;

/// <summary>Finds the names that a misspelt one may have been meant for.</summary>
internal static class Spelling
{
    private const int MostNames = 3;

    /// <summary>
    /// The names that differ least from <paramref name="word"/>, case aside: by one letter that is missing, too many, wrong or in its neighbour's
    /// place, or in words of more than six letters by two of these. None if all differ by more, or if too many are as near.
    /// </summary>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<string> names)
    {
        var best = word.Length > 6 ? 2 : 1;
        var nearest = new List<string>();
        foreach (var name in names)
        {
            if (Math.Abs(name.Length - word.Length) > best)
                continue;
            var distance = Distance(word.ToUpperInvariant(), name.ToUpperInvariant());
            if (distance > best || nearest.Contains(name, StringComparer.OrdinalIgnoreCase))
                continue;
            if (distance < best)
                nearest.Clear();
            best = distance;
            nearest.Add(name);
        }

        return nearest.Count > MostNames ? [] : nearest;
    }

    // Optimal string alignment: the distance of Damerau and Levenshtein in which no piece is changed twice.
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var changed = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(changed, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }
}
