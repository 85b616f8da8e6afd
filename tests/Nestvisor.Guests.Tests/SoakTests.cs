using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Two processors hash and compile for long, in L1 and in L2 at once. <c>./test.sh --slow</c> makes it half an hour; the variable
/// NESTVISOR_SOAK_MINUTES any time. What was seen is in artifacts/tests/soak.txt afterwards.
/// </summary>
public sealed partial class SoakTests
{
    // Whether memory grows cannot be told from less.
    private const double MinutesForMemory = 5;

    private static readonly TimeSpan s_reading = TimeSpan.FromSeconds(5);

    private static double Minutes =>
        Environment.GetEnvironmentVariable("NESTVISOR_SOAK_MINUTES") is string text ? double.Parse(text, CultureInfo.InvariantCulture)
        : Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1" ? 30
        : 0.5;

    [Fact]
    public void Soak_HashingAndCompilingInL1AndL2_NeitherStallsNorErrsNorGrows()
    {
        using LabFolder folder = new(GuestUser.Caller);
        SoakProgress progress = new();
        WorkerMemory ofL1 = new("memory of L1's worker, without the guest's");
        WorkerMemory ofL2 = new("memory of L2's worker in L1, without the guest's");
        TimeSpan next = s_reading;
        TimeSpan limit = TimeSpan.FromMinutes(Minutes + 10);
        double minutes = 0;
        string? wrong = null;
        try
        {
            List<string> lines = LoadGuest.Run(
                folder,
                string.Create(CultureInfo.InvariantCulture, $"task=soak below=soak seconds={Minutes * 60:F0}"),
                (line, time) =>
                {
                    if (MemoryOfL2().Match(line) is { Success: true } memory)
                    {
                        ofL2.Add(double.Parse(memory.Groups[1].Value, CultureInfo.InvariantCulture) / 1024);
                        return true;
                    }

                    return progress.Take(line, time);
                },
                (worker, time) =>
                {
                    minutes = time.TotalMinutes;
                    if (time > next)
                    {
                        next += s_reading;
                        Measure(worker, ofL1);
                    }

                    wrong = progress.Wrong ?? progress.Stalled(time) ?? (time > limit ? "The guest does not end." : null);
                    return wrong;
                });
            LoadGuest.AssertL2(lines);
        }
        finally
        {
            string head = $"{DateTime.UtcNow:yyyy-MM-dd}, {minutes:F1} minutes, {Environment.ProcessorCount} processors";
            Report(folder, $"{head}\n{progress}\n{ofL1}\n{ofL2}\n{wrong}\n");
        }

        Assert.True(progress.Wrong is null, progress.Wrong);
        Assert.True(progress.Complete, progress.ToString());
        if (Minutes >= MinutesForMemory)
        {
            Assert.False(ofL1.Grows, ofL1.ToString());
            Assert.False(ofL2.Grows, ofL2.ToString());
        }
    }

    private static void Measure(Process worker, WorkerMemory memory)
    {
        try
        {
            memory.Add(WorkerMemory.Read(worker.Id, LoadGuest.Mebibytes));
        }
        catch (IOException)
        {
            // It has just ended.
        }
        catch (UnauthorizedAccessException)
        {
            // Of a worker that has locked itself down only root may read that.
        }
    }

    private static void Report(LabFolder folder, string text)
    {
        string logs = Path.Combine(folder.Root, "artifacts", "tests");
        _ = Directory.CreateDirectory(logs);
        File.WriteAllText(Path.Combine(logs, "soak.txt"), text);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
    }

    [GeneratedRegex(@"^L1: worker of L2 has (\d+) KiB")]
    private static partial Regex MemoryOfL2();
}
