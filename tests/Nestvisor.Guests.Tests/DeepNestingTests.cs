namespace Nestvisor.Guests.Tests;

/// <summary>A third level, and more processors than most hosts have.</summary>
public sealed class DeepNestingTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1";

    [Fact]
    public void ThreeLevels_EachOnKvmOfTheOneAbove_AllReachInitAndPowerOff()
    {
        using LabFolder folder = new(GuestUser.Caller);

        (int code, string output, string error) = Boot(folder, "1536M", $"{Words} task=nest depth=2");

        Assert.Contains("L1: kvm-amd is loaded, /dev/kvm is there", output, StringComparison.Ordinal);
        Assert.Contains("L2: /proc/cpuinfo has svm", output, StringComparison.Ordinal);
        Assert.Contains("L2: kvm-amd is loaded, /dev/kvm is there", output, StringComparison.Ordinal);
        Assert.Contains("L3: kernel: Linux version ", output, StringComparison.Ordinal);
        Assert.Contains("L3: userland is up", output, StringComparison.Ordinal);
        Assert.Contains("L2: the worker of L3 ended with exit code 0", output, StringComparison.Ordinal);
        Assert.Contains("L1: the worker of L2 ended with exit code 0", output, StringComparison.Ordinal);
        Assert.True(code == 0, error);
    }

    /// <summary>More processors in L2 than in L1, and in both more than most hosts have.</summary>
    [Fact]
    public void TwoLevels_OfFourAndEightProcessors_AllRunInBoth()
    {
        using LabFolder folder = new(GuestUser.Caller);

        (int code, string output, string error) = Boot(folder, "1G", $"{Words} task=nest last=cpus cpus=8", "--cpus", "4");

        Assert.Contains("L2: 8 processors", output, StringComparison.Ordinal);
        for (int i = 0; i < 8; i++)
        {
            Assert.Contains($"L2: ran on processor {i}", output, StringComparison.Ordinal);
        }

        Assert.Contains("L1: the worker of L2 ended with exit code 0", output, StringComparison.Ordinal);
        Assert.True(code == 0, error);
    }

    private static (int ExitCode, string Output, string Error) Boot(LabFolder folder, string memory, string words, params string[] options) =>
        LabProcess.Run(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--expose-virtualization-extensions",
            "--memory", memory, "--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("l1.cpio"), "--append", words,
            "--disk", folder.Guest("nestvisor.img") + ",ro", .. options,
        ]);
}
