using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>Whole guests of which each piece of native code is compared with the interpreter.</summary>
public sealed partial class ComparedGuestTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests";

    // Of a computer that does nothing else; a busy one gets no further in that time, and compares less.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(60);

    private static bool IsSlow => Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1";

    [Fact]
    public void DebianKernel_Compared_PowersOffWithoutDifference()
    {
        using LabFolder folder = new(GuestUser.Unprivileged);

        (string output, bool ended) = Run(
            folder, 50_000_000, "--initrd", folder.Guest("test.cpio"), "--memory", "256M", "--append", $"{Words} name=guest task=cpus", "--compare-tiers");

        Assert.True(!ended || output.Contains("guest: powering off", StringComparison.Ordinal), output);
    }

    /// <summary>L2 on Kvm in L1, compared from its first instruction on.</summary>
    [Fact]
    public void L2OnKvmInL1_Compared_PowersOffWithoutDifference()
    {
        using LabFolder folder = new(GuestUser.Unprivileged);

        (string output, bool ended) = Nested(folder, 10_000_000, "nested");

        Assert.True(!ended || output.Contains("L1: the worker of L2 ended with exit code 0", StringComparison.Ordinal), output);
    }

    [Fact]
    public void BothLevels_Compared_PowerOffWithoutDifference()
    {
        Assert.SkipUnless(IsSlow, "Takes minutes; ./test.sh --slow runs it.");
        using LabFolder folder = new(GuestUser.Unprivileged);

        (string output, _) = Nested(folder, 100_000_000, "all");

        Assert.Contains("L1: the worker of L2 ended with exit code 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoProcessors_Compared_PowerOffWithoutDifference()
    {
        Assert.SkipUnless(IsSlow, "Takes minutes; ./test.sh --slow runs it.");
        using LabFolder folder = new(GuestUser.Unprivileged);

        (string output, _) = Run(
            folder, 50_000_000, "--initrd", folder.Guest("test.cpio"), "--memory", "256M", "--cpus", "2", "--append", $"{Words} name=guest task=cpus",
            "--compare-tiers");

        Assert.Contains("guest: ran on processor 1", output, StringComparison.Ordinal);
        Assert.Contains("guest: powering off", output, StringComparison.Ordinal);
    }

    private static (string Output, bool Ended) Nested(LabFolder folder, long atLeast, string code) => Run(
        folder, atLeast, "--initrd", folder.Guest("l1.cpio"), "--memory", "1G", "--disk", folder.Guest("nestvisor.img") + ",ro",
        "--expose-virtualization-extensions", "--append", $"{Words} name=L1 task=nest", "--compare-tiers", code);

    // Runs to the end or, in the usual test run, to the bound; what was compared until then has to agree.
    private static (string Output, bool Ended) Run(LabFolder folder, long atLeast, params string[] options)
    {
        using Process process = LabProcess.Start(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--kernel", folder.Guest("vmlinuz"),
            .. options,
        ]);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        bool ended = process.WaitForExit(IsSlow ? TimeSpan.FromMinutes(15) : s_bound);
        if (!ended)
        {
            _ = LabProcess.Run(["kill", "-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            process.WaitForExit();
        }

        string console = output.GetAwaiter().GetResult();
        string report = error.GetAwaiter().GetResult();
        TestContext.Current.TestOutputHelper?.WriteLine($"{console}\n{report}");
        Assert.SkipWhen(report.Contains("FSGSBASE", StringComparison.Ordinal), "This host cannot run translated code.");
        Assert.True(process.ExitCode == 0, report);
        Assert.True(ended || !IsSlow, "It has not ended.");
        Match counts = Counts().Match(report);
        Assert.True(counts.Success, report);
        long runs = long.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture);
        long leftOut = long.Parse(counts.Groups[2].Value, CultureInfo.InvariantCulture);
        Assert.True(ended || runs > 0, report);
        Assert.True(!ended || runs >= atLeast, report);
        Assert.InRange(leftOut, 0, runs / 50);
        return (console, ended);
    }

    [GeneratedRegex("native code ran ([0-9]+) times .*; ([0-9]+) of these")]
    private static partial Regex Counts();
}
