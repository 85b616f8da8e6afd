using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// The clock of a kernel with two processors, while its worker is stopped for five seconds, has to share the host's processors and is
/// moved from one to the other.
/// </summary>
public sealed partial class TimekeepingTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests";
    private const int Seconds = 45;
    private const int Calm = 100;
    private const double Drift = 50e-6;
    private static readonly TimeSpan s_stopped = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_move = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    [Fact]
    public void Clock_OfL1_NeitherDriftsNorGoesBack()
    {
        using LabFolder folder = new(GuestUser.Unprivileged);

        Watch(folder, "L1", "--memory", "256M", "--initrd", folder.Guest("test.cpio"), "--append", $"{Words} name=L1 task=watch seconds={Seconds}");
    }

    [Fact]
    public void Clock_OfL2_NeitherDriftsNorGoesBack()
    {
        using LabFolder folder = new(GuestUser.Caller);

        Watch(
            folder, "L2", "--memory", "1G", "--initrd", folder.Guest("l1.cpio"), "--disk", folder.Guest("nestvisor.img") + ",ro",
            "--expose-virtualization-extensions", "--append", $"{Words} name=L1 task=nest last=watch cpus=2 seconds={Seconds}");
    }

    private static void Watch(LabFolder folder, string name, params string[] options)
    {
        using Process worker = LabProcess.Start(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--cpus", "2",
            "--kernel", folder.Guest("vmlinuz"), .. options,
        ]);
        List<string> lines = [];
        List<(double Guest, double Host)> readings = [];
        using ManualResetEventSlim calm = new();
        long start = Stopwatch.GetTimestamp();
        Thread reader = new(() =>
        {
            while (worker.StandardOutput.ReadLine() is string line)
            {
                double host = Stopwatch.GetElapsedTime(start).TotalSeconds;
                Match reading = Reading().Match(line);
                lines.Add(line);
                if (reading.Success)
                {
                    readings.Add((long.Parse(reading.Groups[1].Value, CultureInfo.InvariantCulture) / 1e9, host));
                }

                if (readings.Count == Calm)
                {
                    calm.Set();
                }
            }

            calm.Set();
        });
        reader.Start();
        try
        {
            Assert.True(calm.Wait(s_limit, TestContext.Current.CancellationToken), "The guest does not read its clock.");
            Disturb(worker);
            Assert.True(worker.WaitForExit(s_limit), "The guest does not end.");
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
            reader.Join();
        }

        string output = string.Join('\n', lines);
        Assert.True(worker.ExitCode == 0, output);
        Assert.DoesNotContain("went back", output, StringComparison.Ordinal);
        Assert.Contains($"{name}: the kernel does not complain about its clocks", output, StringComparison.Ordinal);
        Assert.All(lines, line => Assert.False(Complaint().IsMatch(line), line));

        // A line is late by whatever the host was busy with; the quickest of a hundred is not by much. The middle is what was disturbed.
        (double guest, double host) first = Quickest(readings[..Calm]);
        (double guest, double host) last = Quickest(readings[^Calm..]);
        double elapsed = last.guest - first.guest;
        double drift = (last.host - first.host - elapsed) / elapsed;
        TestContext.Current.TestOutputHelper?.WriteLine($"{readings.Count} readings in {elapsed:F1} s, drift {drift * 1e6:F1} ppm");
        Assert.InRange(elapsed, s_stopped.TotalSeconds + 20, double.MaxValue);
        Assert.InRange(drift, -Drift, Drift);
    }

    private static void Disturb(Process worker)
    {
        string id = worker.Id.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(0, LabProcess.Run(["kill", "-STOP", id]).ExitCode);
        Assert.False(worker.WaitForExit(s_stopped), "The worker has ended.");
        Assert.Equal(0, LabProcess.Run(["kill", "-CONT", id]).ExitCode);

        using CancellationTokenSource enough = new(TimeSpan.FromSeconds(8));
        Thread[] load = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            while (!enough.IsCancellationRequested)
            {
                Thread.SpinWait(1000);
            }
        }))];
        foreach (Thread thread in load)
        {
            thread.Start();
        }

        for (int i = 0; !enough.IsCancellationRequested; i++)
        {
            string processor = (i % Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture);
            Assert.Equal(0, LabProcess.Run(["taskset", "-acp", processor, id]).ExitCode);
            _ = enough.Token.WaitHandle.WaitOne(s_move);
        }

        foreach (Thread thread in load)
        {
            thread.Join();
        }

        Assert.Equal(0, LabProcess.Run(["taskset", "-acp", $"0-{Environment.ProcessorCount - 1}", id]).ExitCode);
    }

    private static (double Guest, double Host) Quickest(List<(double Guest, double Host)> readings) => readings.MinBy(reading => reading.Host - reading.Guest);

    [GeneratedRegex(@"^L\d: now (\d+)")]
    private static partial Regex Reading();

    [GeneratedRegex("unstable|soft lockup|self-detected stall|rcu.*stall", RegexOptions.IgnoreCase)]
    private static partial Regex Complaint();
}
