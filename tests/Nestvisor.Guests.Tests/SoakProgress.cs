using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// What those report who hash and compile in L1 and L2, two of each in either: whether it is right, how much it is, how long one was
/// silent.
/// </summary>
internal sealed partial class SoakProgress
{
    // L1 gives most of its time to L2; on a host that has ten times more to do than it can, one compilation there took 104 s.
    private static readonly TimeSpan s_hashing = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_compiling = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Stream> _streams = [];
    private readonly Dictionary<string, TimeSpan> _ended = [];

    public SoakProgress()
    {
        foreach (string level in (string[])["L1", "L2"])
        {
            foreach (string what in (string[])["hashed", "compiled"])
            {
                foreach (string number in (string[])["0", "1"])
                {
                    _streams[$"{level} {what} {number}"] = new Stream(level, what == "hashed" ? s_hashing : s_compiling, $"{level}.{number}");
                }
            }
        }
    }

    /// <summary>The first result that is not the host's.</summary>
    public string? Wrong { get; private set; }

    /// <summary>Takes a line of the console.</summary>
    /// <returns>Whether it is a report.</returns>
    public bool Take(string line, TimeSpan time)
    {
        Match report = Report().Match(line);
        if (!report.Success)
        {
            if (Ended().Match(line) is { Success: true } end)
            {
                _ = _ended.TryAdd(end.Groups[1].Value, time);
            }

            return false;
        }

        Stream stream = _streams[$"{report.Groups[1].Value} {report.Groups[2].Value} {report.Groups[3].Value}"];
        int count = int.Parse(report.Groups[4].Value, CultureInfo.InvariantCulture);
        string expected = "";
        if (report.Groups[2].Value == "hashed")
        {
            // Each is made of the one before, so the reported one is right only if all were.
            for (int i = stream.Count + 1; i <= count; i++)
            {
                stream.Hash = SoakAnswers.Hash(stream.Hash, i);
            }

            expected = stream.Hash;
        }
        else
        {
            expected = SoakAnswers.Compiled(((ulong)count * 10) + ulong.Parse(report.Groups[3].Value, CultureInfo.InvariantCulture));
            if (count <= stream.Count)
            {
                Wrong ??= $"'{line}' follows after {stream.Count}.";
            }
        }

        if (report.Groups[5].Value != expected)
        {
            Wrong ??= $"'{line}' should end with {expected}.";
        }

        stream.Count = count;
        stream.Gap = stream.Silence(time) > stream.Gap ? stream.Silence(time) : stream.Gap;
        stream.Last = time;
        return true;
    }

    /// <summary>Who has been silent for longer than it may, or null.</summary>
    public string? Stalled(TimeSpan time)
    {
        foreach ((string name, Stream stream) in _streams)
        {
            TimeSpan until = _ended.GetValueOrDefault(stream.Level, time);
            if (stream.Silence(until) > stream.Bound)
            {
                return $"'{name}' has stood still for {stream.Silence(until).TotalSeconds:F0} s, {stream.Last.TotalSeconds:F0} s after the start.";
            }
        }

        return null;
    }

    /// <summary>Whether everyone has got something done.</summary>
    public bool Complete => _streams.Values.All(stream => stream.Count > 0);

    /// <summary>A line for each.</summary>
    public override string ToString() =>
        string.Join('\n', _streams.Select(pair => $"{pair.Key}: {pair.Value.Count}, longest without a report {pair.Value.Gap.TotalSeconds:F1} s"));

    // A report that a line of the kernel has got into is none; the next one tells as much.
    [GeneratedRegex(@"^(?:console of )?(L[12]): (hashed|compiled) ([01]) (\d+) ([0-9a-f ]+)$")]
    private static partial Regex Report();

    [GeneratedRegex(@"^(?:console of )?(L[12]): powering off")]
    private static partial Regex Ended();

    private sealed class Stream(string level, TimeSpan bound, string seed)
    {
        public string Level { get; } = level;

        public TimeSpan Bound { get; } = bound;

        public string Hash { get; set; } = seed;

        public int Count { get; set; }

        public TimeSpan Last { get; set; }

        public TimeSpan Gap { get; set; }

        public TimeSpan Silence(TimeSpan time) => time - Last;
    }
}
