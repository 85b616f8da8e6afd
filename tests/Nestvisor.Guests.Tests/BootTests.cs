using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>Debian's kernel on the software engine.</summary>
public sealed partial class BootTests
{
    private const string Quiet = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=guest";

    [Theory]
    [InlineData(1, GuestUser.Caller)]
    [InlineData(2, GuestUser.Unprivileged)]
    [InlineData(4, GuestUser.Unprivileged)]
    [InlineData(16, GuestUser.Caller)]
    public void Boot_DebianKernel_ReachesInitOnAllProcessorsAndPowersOff(int processors, GuestUser user)
    {
        using LabFolder folder = new(user);

        (int code, string output, _) = Boot(folder, $"{Quiet} task=cpus", "--cpus", processors.ToString(CultureInfo.InvariantCulture));

        Assert.Contains("guest: kernel: Linux version ", output, StringComparison.Ordinal);
        Assert.Contains($"guest: {processors} processors", output, StringComparison.Ordinal);
        for (int i = 0; i < processors; i++)
        {
            Assert.Contains($"guest: ran on processor {i}", output, StringComparison.Ordinal);
        }

        Assert.Contains("guest: powering off", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Fact]
    public void Boot_KernelThatUnpacksItself_ReachesInit()
    {
        using LabFolder folder = new(GuestUser.Caller);
        // Without the payload's size at its end the host cannot unpack it, and the guest's own code does.
        byte[] kernel = File.ReadAllBytes(folder.Guest("vmlinuz"));
        int setup = (kernel[0x1F1] + 1) * 512;
        int payload = setup + BitConverter.ToInt32(kernel, 0x248);
        int length = BitConverter.ToInt32(kernel, 0x24C);
        BitConverter.GetBytes(payload - setup + length).CopyTo(kernel, 0x248);
        BitConverter.GetBytes(0).CopyTo(kernel, 0x24C);
        string path = folder.File("vmlinuz");
        File.WriteAllBytes(path, kernel);

        (int code, string output, _) = Run(folder, path, Quiet);

        Assert.Contains("guest: userland is up", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData(GuestUser.Caller)]
    [InlineData(GuestUser.Unprivileged)]
    public void Clock_OfAGuest_IsTheHostsAndAdvances(GuestUser user)
    {
        using LabFolder folder = new(user);
        long before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        (_, string output, _) = Boot(folder, $"{Quiet} task=clock", "--cpus", "2");

        long after = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        MatchCollection readings = ClockReading().Matches(output);
        Assert.Equal(2, readings.Count);
        double elapsed = Uptime(readings[1]) - Uptime(readings[0]);
        Assert.InRange(Date(readings[0]), before - 1, after + 1);
        Assert.InRange(Date(readings[1]), Date(readings[0]) + 1, after + 1);
        Assert.True(elapsed >= 0.99, $"{elapsed} s have passed during a sleep of 1 s");
        Assert.Contains("guest: the kernel does not complain about its clocks", output, StringComparison.Ordinal);

        static double Uptime(Match reading) => double.Parse(reading.Groups[1].Value, CultureInfo.InvariantCulture);
        static long Date(Match reading) => long.Parse(reading.Groups[2].Value, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(true, GuestUser.Unprivileged)]
    [InlineData(false, GuestUser.Caller)]
    public void KvmAmd_InTheLabGuest_LoadsIfExtensionsAreExposed(bool exposed, GuestUser user)
    {
        using LabFolder folder = new(user);
        string[] options = exposed ? ["--expose-virtualization-extensions"] : [];

        (int code, string output, _) = Worker(
            folder, ["--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("l1.cpio"), "--disk", folder.Guest("nestvisor.img") + ",ro", "--memory", "512M",
            "--append", "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1 task=kvm", .. options]);

        Assert.Equal(exposed, output.Contains("L1: /proc/cpuinfo has svm", StringComparison.Ordinal));
        Assert.Equal(exposed, output.Contains("L1: kvm-amd is loaded, /dev/kvm is there", StringComparison.Ordinal));
        Assert.Equal(!exposed, output.Contains("L1: kvm-amd does not load: ", StringComparison.Ordinal));
        Assert.Equal(0, code);
    }

    private static (int ExitCode, string Output, string Error) Boot(LabFolder folder, string commandLine, params string[] options) =>
        Run(folder, folder.Guest("vmlinuz"), commandLine, options);

    private static (int ExitCode, string Output, string Error) Run(LabFolder folder, string kernel, string commandLine, params string[] options) =>
        Worker(folder, ["--kernel", kernel, "--initrd", folder.Guest("test.cpio"), "--append", commandLine, "--memory", "256M", .. options]);

    private static (int ExitCode, string Output, string Error) Worker(LabFolder folder, string[] options) =>
        LabProcess.Run([.. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", .. options]);

    [GeneratedRegex(@"guest: clock ([0-9.]+) ([0-9]+)")]
    private static partial Regex ClockReading();
}
