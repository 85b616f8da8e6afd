using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>The sample: a virtual machine in a virtual machine.</summary>
public sealed partial class NestedLabTests
{
    [Fact]
    public void NestedLab_ExtensionsExposed_L2RunsOnKvmInL1()
    {
        using LabSession session = new(GuestUser.Unprivileged);

        (int code, string output, string error) = Run(session, "");

        Assert.Contains("L1: /proc/cpuinfo has svm", output, StringComparison.Ordinal);
        Assert.Contains("L1: kvm-amd is loaded, /dev/kvm is there", output, StringComparison.Ordinal);
        Assert.Contains("L1: Get-VM: Name=L2 State=Running Engine=Kvm", output, StringComparison.Ordinal);
        Assert.Contains("console of L2: kernel: Linux version ", output, StringComparison.Ordinal);
        Assert.Contains("console of L2: userland is up", output, StringComparison.Ordinal);
        Assert.Matches(WorldSwitches(), output);
        Assert.True(code == 0, error);
        Assert.Equal("0", session.Command("@(Get-VM).Count").Output.Trim());
    }

    [Fact]
    public void NestedLab_ExtensionsHidden_SaysThatThereIsNoL2()
    {
        using LabSession session = new(GuestUser.Caller);

        (int code, string output, string error) = Run(session, "-ExposeVirtualizationExtensions $false");

        Assert.Contains("L1: /proc/cpuinfo has neither svm nor vmx", output, StringComparison.Ordinal);
        Assert.Contains("L1: kvm-amd does not load", output, StringComparison.Ordinal);
        Assert.Contains("there is no L2", output, StringComparison.Ordinal);
        Assert.DoesNotContain("console of L2", output, StringComparison.Ordinal);
        Assert.True(code == 0, error);
        Assert.Equal("0", session.Command("@(Get-VM).Count").Output.Trim());
    }

    private static (int ExitCode, string Output, string Error) Run(LabSession session, string options)
    {
        // Read here, as the test's user may not see the clone.
        string script = session.Folder.File("nested-lab.ps1");
        File.Copy(Path.Combine(session.Folder.Root, "samples", "nested-lab.ps1"), script);
        return session.Command($"$ErrorActionPreference = 'Stop'; & '{script}' -GuestPath '{session.Folder.Guests}' {options}");
    }

    [GeneratedRegex(@"\(VMRUN\): [1-9][0-9]+")]
    private static partial Regex WorldSwitches();
}
