using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>The first command of a user, in a clone that is the user's own.</summary>
public sealed partial class QuickstartTests
{
    [Fact]
    public void Quickstart_EverythingBuilt_RunsTheLabWithoutBuildingOrFetching()
    {
        using LabFolder folder = new(GuestUser.Unprivileged);
        string clone = LabClone.Make(folder, "clone", built: true);

        (int code, string output, string error) = Quickstart(folder, clone, network: false);

        Assert.True(code == 0, output + error);
        Assert.DoesNotContain(": publishing", output, StringComparison.Ordinal);
        Assert.DoesNotContain("guests: fetching", output, StringComparison.Ordinal);
        Assert.DoesNotContain("guests: making", output, StringComparison.Ordinal);
        AssertLab(output);
    }

    [Fact]
    public void Quickstart_WithoutL2_FailsAndSaysWhatWasNotSeen()
    {
        using LabFolder folder = new(GuestUser.Caller);
        string clone = LabClone.Make(folder, "clone", built: true);
        string sample = Path.Combine(clone, "samples", "nested-lab.ps1");
        File.WriteAllText(
            sample,
            File.ReadAllText(sample).Replace("$ExposeVirtualizationExtensions = $true", "$ExposeVirtualizationExtensions = $false", StringComparison.Ordinal));

        (int code, _, string error) = Quickstart(folder, clone, network: false);

        Assert.Equal(1, code);
        Assert.Contains("not seen: the line of L2's own userland", error, StringComparison.Ordinal);
        Assert.Contains("not seen: Get-VM in L1 showing L2 on the Kvm engine", error, StringComparison.Ordinal);
        Assert.Contains("not seen: world switches into L2", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Quickstart_FreshClone_BuildsAndRunsTheLab()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1",
            "Builds everything once more and fetches all packages for another user; ./test.sh --slow runs it.");
        using LabFolder folder = new(GuestUser.Unprivileged);
        string clone = LabClone.Make(folder, "clone", built: false);

        (int code, string output, string error) = Quickstart(folder, clone, network: true);

        Assert.True(code == 0, output + error);
        Assert.Contains("nestvisor-worker: publishing", output, StringComparison.Ordinal);
        Assert.Contains("guests: making nestvisor.img", output, StringComparison.Ordinal);
        AssertLab(output);
    }

    private static void AssertLab(string output)
    {
        Assert.Contains("L1: /proc/cpuinfo has svm", output, StringComparison.Ordinal);
        Assert.Contains("console of L2: kernel: Linux version ", output, StringComparison.Ordinal);
        Assert.Contains("console of L2: userland is up", output, StringComparison.Ordinal);
        Assert.Matches(RowOfL2(), output);
    }

    private static (int ExitCode, string Output, string Error) Quickstart(LabFolder folder, string clone, bool network)
    {
        Dictionary<string, string> environment = new() { ["TMPDIR"] = folder.Path };
        if (!network)
        {
            // Whatever would be fetched cannot be.
            foreach (string variable in (string[])["http_proxy", "https_proxy"])
            {
                environment[variable] = "http://127.0.0.1:9";
            }
        }

        // As in a container or a job: there need not be a home.
        return LabProcess.Run([.. folder.Prefix, "env", "-u", "HOME", Path.Combine(clone, "quickstart.sh")], environment);
    }

    [GeneratedRegex(@"^ +1 L2 +Kvm none +\d+\.\S+ +\d+\.\d$", RegexOptions.Multiline)]
    private static partial Regex RowOfL2();
}
