using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>L1 with two processors, and L2 in it, that run the programs of guests/load; each line of the console is taken as it arrives.</summary>
internal static partial class LoadGuest
{
    private const string Words = "console=ttyS0 loglevel=5 panic=-1 cryptomgr.notests name=L1";
    /// <summary>The memory of L1, in MiB.</summary>
    public const int Mebibytes = 2048;

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    /// <summary>Runs L1 until it powers off, and asserts that it does and that no kernel complains.</summary>
    /// <param name="folder">The test's folder.</param>
    /// <param name="words">Words for the guest's init.</param>
    /// <param name="take">Is given each line and the time since the start, from one thread at a time.</param>
    /// <param name="watch">Is called each second with the worker and the time; what is wrong, or null.</param>
    /// <returns>Lines that the test did not take.</returns>
    public static List<string> Run(LabFolder folder, string words, Func<string, TimeSpan, bool> take, Func<Process, TimeSpan, string?> watch)
    {
        using Process worker = LabProcess.Start(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--expose-virtualization-extensions",
            "--cpus", "2", "--memory", $"{Mebibytes}M", "--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("load.cpio"),
            "--disk", folder.Guest("nestvisor.img") + ",ro", "--disk", folder.Guest("load.img") + ",ro", "--append", $"{Words} {words}",
        ]);
        worker.StandardInput.Close();
        long start = Stopwatch.GetTimestamp();
        Lock taking = new();
        List<string> rest = [];
        Task<string> error = worker.StandardError.ReadToEndAsync();
        Thread reader = new(() =>
        {
            while (worker.StandardOutput.ReadLine() is string line)
            {
                lock (taking)
                {
                    if (!take(line, Stopwatch.GetElapsedTime(start)))
                    {
                        rest.Add(line);
                    }
                }
            }
        });
        reader.Start();
        string? wrong = null;
        try
        {
            while (wrong is null && !worker.WaitForExit(s_second))
            {
                lock (taking)
                {
                    wrong = watch(worker, Stopwatch.GetElapsedTime(start)) ?? rest.Find(Complaint().IsMatch);
                }
            }
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
            reader.Join();
        }

        string output = string.Join('\n', rest);
        TestContext.Current.TestOutputHelper?.WriteLine($"{output}\n{error.GetAwaiter().GetResult()}");
        Assert.True(wrong is null, wrong);
        Assert.All(rest, line => Assert.False(Complaint().IsMatch(line), line));
        Assert.True(worker.ExitCode == 0, output);
        Assert.Contains(rest, line => line.StartsWith("L1: 2 processors", StringComparison.Ordinal));
        Assert.Contains("L1: powering off", rest[^2] + rest[^1], StringComparison.Ordinal);
        return rest;
    }

    /// <summary>Asserts that L2 ran and powered off.</summary>
    public static void AssertL2(List<string> lines)
    {
        Assert.Contains(lines, line => line.StartsWith("console of L2: 2 processors", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("console of L2: powering off", StringComparison.Ordinal));
        Assert.Contains("L1: the worker of L2 ended with exit code 0", lines);
    }

    // "clocksource:" also begins the lines that say which clocks there are; those have a lower level than the console shows. That a
    // check was skipped, since it came half a second late, is about a host that had no time, and not about the clock.
    [GeneratedRegex(
        @"rcu.*stall|self-detected|soft lockup|hard lockup|hung_task|blocked for more than|clocksource: (?!Long readout interval)|unstable"
        + @"|BUG:|Oops|WARNING:|Call Trace|machine check|kernel panic|out of memory|complaint:|does not (load|mount)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();
}
