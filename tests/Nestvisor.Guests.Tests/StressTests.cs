using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Debian's stress-ng with two processors, in L1 and in L2: the stressors of guests/load/programs/stressors, which check their own results.
/// <c>./test.sh --slow</c> runs all of them, else it is some, for a second each.
/// </summary>
public sealed partial class StressTests
{
    private static readonly bool s_slow = Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1";

    // Many check at their end only, or clear up for long on a busy host.
    private static readonly TimeSpan s_stalled = TimeSpan.FromMinutes(4);

    [Fact]
    public void StressNg_SoftwareEngine_AllStressorsEndWithoutFailure() => _ = Run("L1", "task=stress");

    [Fact]
    public void StressNg_KvmEngineInL1_AllStressorsEndWithoutFailure() => LoadGuest.AssertL2(Run("console of L2", "below=stress"));

    private static List<string> Run(string level, string words)
    {
        using LabFolder folder = new(GuestUser.Caller);
        TimeSpan last = default;

        List<string> lines = LoadGuest.Run(
            folder,
            string.Create(CultureInfo.InvariantCulture, $"{words} which={(s_slow ? "all" : "quick")} seconds={(s_slow ? 3 : 1)}"),
            (_, time) =>
            {
                last = time;
                return false;
            },
            (_, time) => time - last > s_stalled ? $"Nothing has come from the guest for {s_stalled}." : null);

        string[] expected = [.. Stressors(folder)];
        string[] ended =
        [
            .. lines.Select(line => Ended().Match(line)).Where(match => match.Success)
                .Select(match => match.Groups[1].Value + (match.Groups[2].Value == "no" ? " and had not run" : " and had run")),
        ];
        Assert.NotEmpty(expected);
        Assert.Equal([.. expected.Select(stressor => $"{level}: stressor {stressor} ended with exit code 0 and had run")], ended);
        return lines;
    }

    private static IEnumerable<string> Stressors(LabFolder folder) =>
        File.ReadLines(Path.Combine(folder.Root, "guests", "load", "programs", "stressors"))
            .Select(line => line.Split(' '))
            .Where(words => words[0] == "quick" || (s_slow && words[0] == "slow"))
            .Select(words => words[1]);

    [GeneratedRegex(@"^(.*: stressor .* ended with exit code \d+) after (\d+|no) operations")]
    private static partial Regex Ended();
}
