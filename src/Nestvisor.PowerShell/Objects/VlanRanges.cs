using System.Globalization;
using System.Text;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell;

/// <summary>Lists of VLANs as Hyper-V writes them: numbers and ranges between commas.</summary>
internal static class VlanRanges
{
    private const int MaxId = 4094;

    /// <summary>Reads a list.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static List<int> Read(string text)
    {
        SortedSet<int> ids = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryRead(ends[0], out int first) || !TryRead(ends[^1], out int last) || last < first)
            {
                throw ApiException.InvalidArgument(
                    $"'{part}' in the list of VLANs '{text}' is neither a VLAN of 1 to {MaxId} nor a range of them. Write the list like 1-100,200.");
            }

            ids.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. ids];
    }

    /// <summary>Writes a list.</summary>
    public static string Write(IReadOnlyList<int> ids)
    {
        StringBuilder text = new();
        for (int i = 0; i < ids.Count;)
        {
            int first = i++;
            while (i < ids.Count && ids[i] == ids[i - 1] + 1)
            {
                i++;
            }

            _ = text.Append(text.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{ids[first]}");
            _ = i - first > 1 ? text.Append(CultureInfo.InvariantCulture, $"-{ids[i - 1]}") : text;
        }

        return text.ToString();
    }

    private static bool TryRead(string text, out int id) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id is >= 1 and <= MaxId;
}
