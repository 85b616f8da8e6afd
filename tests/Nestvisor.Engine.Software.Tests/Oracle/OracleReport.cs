using System.Text;
using Iced.Intel;

namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>What a run of the oracle covered, and what it left out and why.</summary>
internal sealed class OracleReport
{
    private readonly SortedDictionary<string, List<Code>> _excluded = [];

    /// <summary>The codes that were compared.</summary>
    public List<Code> Covered { get; } = [];

    public long Forms { get; set; }

    public long Cases { get; set; }

    public void Cover(Code code) => Covered.Add(code);

    public void Exclude(Code code, string reason)
    {
        if (!_excluded.TryGetValue(reason, out List<Code>? codes))
        {
            _excluded[reason] = codes = [];
        }

        codes.Add(code);
    }

    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine($"Iced knows {Enum.GetValues<Code>().Length} codes; compared with the host: {Covered.Count} codes, {Forms} forms, {Cases} cases.");
        foreach ((string reason, List<Code> codes) in _excluded)
        {
            text.AppendLine($"  not compared, {reason}: {codes.Count}"
                + (codes.Count <= 40 ? $" ({string.Join(' ', codes)})" : ""));
        }

        return text.ToString();
    }
}
