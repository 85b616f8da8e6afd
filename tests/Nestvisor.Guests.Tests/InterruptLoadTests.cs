using System.Globalization;
using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Linux reads a virtio disk one page at a time on two processors, and sleeps until each has come: after a lost interrupt it sleeps
/// for ever. <c>./test.sh --slow</c> makes it a million requests.
/// </summary>
public sealed partial class InterruptLoadTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1";
    private static readonly bool s_slow = Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1";

    [Theory]
    [InlineData(true, GuestUser.Unprivileged)]
    [InlineData(false, GuestUser.Caller)]
    public void DiskReads_SoftwareEngine_AllComplete(bool messages, GuestUser user)
    {
        using LabFolder folder = new(user);

        string output = Boot(folder, s_slow ? 500_000 : 5_000, messages ? "task=disk" : "task=disk pci=nomsi");

        Assert.Matches(messages ? "L1: interrupts .* PCI-MSI .*virtio0-req" : "L1: interrupts .* IO-APIC .*fasteoi .*virtio0", output);
    }

    [Theory]
    [InlineData(true, GuestUser.Caller)]
    [InlineData(false, GuestUser.Unprivileged)]
    public void DiskReads_KvmEngineInL1_AllComplete(bool messages, GuestUser user)
    {
        using LabFolder folder = new(user);

        string output = Boot(folder, s_slow ? 20_000 : 1_000, $"task=nest last=disk cpus=2 {(messages ? "" : "options=pci=nomsi")}");

        Assert.Matches(messages ? "L2: interrupts .* PCI-MSI .*virtio0-req" : "L2: interrupts .* IO-APIC .*fasteoi .*virtio0", output);
    }

    private static string Boot(LabFolder folder, int requests, string words)
    {
        (int code, string output, string error) = LabProcess.Run(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--expose-virtualization-extensions",
            "--cpus", "2", "--memory", "1G", "--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("l1.cpio"),
            "--disk", folder.Guest("nestvisor.img") + ",ro", "--append", $"{Words} requests={requests} {words}",
        ]);

        Assert.True(code == 0, error);
        Match completed = Completed().Match(output);
        Assert.True(completed.Success, output);
        Assert.InRange(int.Parse(completed.Groups[1].Value, CultureInfo.InvariantCulture), requests, int.MaxValue);
        return output;
    }

    [GeneratedRegex(@"L\d: requests completed: (\d+)")]
    private static partial Regex Completed();
}
