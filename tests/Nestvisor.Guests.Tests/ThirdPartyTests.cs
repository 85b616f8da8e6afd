using System.Text.RegularExpressions;

namespace Nestvisor.Guests.Tests;

/// <summary>
/// Other people's hypervisors, emulators and sandboxes in L1, as Debian packages them; docs/third-party.md tells what each is. Where L2 boots
/// the small guest, it has to reach its init, to run programs and to power off.
/// </summary>
public sealed partial class ThirdPartyTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1";

    private const string Slow = "Needs up to a few hundred MiB more of Debian's packages; ./test.sh --slow fetches them and runs it.";

    private const string NumbersHash = "67d4ff71d43921d5739f387da09746f405e425b07d727e4c69d029461d1f051f";

    /// <summary>gVisor's kernel is a program that runs itself and what it contains as KVM's guest, in its own address space.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void GVisorInL1_WithKvm_RunsProgramsInItsSandbox(int processors)
    {
        using LabFolder folder = new(GuestUser.Caller);

        string output = BootOthers(folder, "gvisor.img", "1G", $"{Words} task=runsc", processors);

        Assert.Contains("L1: /dev/kvm is there", output, StringComparison.Ordinal);
        Assert.Contains("L2: kernel: Linux 4.4.0", output, StringComparison.Ordinal);
        Assert.Contains("Starting gVisor", output, StringComparison.Ordinal);
        Assert.Contains($"L2: hash {NumbersHash}", output, StringComparison.Ordinal);
        Assert.Contains("L2: 20 processes have ended", output, StringComparison.Ordinal);
        Assert.Contains("L1: runsc ended with exit code 0", output, StringComparison.Ordinal);
    }

    /// <summary>Without AMD-V there is no KVM in L1, and gVisor says so: what the other test shows is not its other platform.</summary>
    [Fact]
    public void GVisorInL1_WithoutAmdV_FindsNoKvm()
    {
        using LabFolder folder = new(GuestUser.Caller);

        (_, string output, _) = LabProcess.Run(Command(folder, folder.Guest("others.cpio"), "1G", $"{Words} task=runsc", 1, expose: false, "gvisor.img"));

        Assert.DoesNotContain("L1: /dev/kvm is there", output, StringComparison.Ordinal);
        Assert.DoesNotContain("L2: ", output, StringComparison.Ordinal);
        Assert.Matches("L1: runsc ended with exit code [1-9]", output);
    }

    [Theory]
    [InlineData("pc", null)]
    [InlineData("q35", null)]
    [InlineData("q35", "OVMF.fd")]
    [InlineData("microvm", null)]
    [InlineData("microvm", "qboot.rom")]
    public void QemuInL1_WithKvm_BootsAGuestThroughItsFirmware(string machine, string? firmware)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);
        string words = $"{Words} task=qemu machine={machine} cpus=2 last=cpus" + (firmware is null ? "" : $" firmware={firmware}");

        string output = Succeed(Command(folder, folder.Guest("l1.cpio"), "1G", words, 2, expose: true, "nestvisor.img", "qemu.img"));

        AssertSmallGuest(output);
        Assert.Contains("L2: ran on processor 1", output, StringComparison.Ordinal);
        Assert.Contains("L1: QEMU ended with exit code 0", output, StringComparison.Ordinal);
    }

    /// <summary>A BIOS, a boot sector and a boot loader in L2: real mode, and the disk by interrupt 13h.</summary>
    [Fact]
    public void QemuInL1_WithKvm_BootsAGuestFromItsDisk()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);

        string output = BootOthers(folder, "others.img", "1536M", $"{Words} task=disk", 2);

        Assert.Contains("GRUB has started", output, StringComparison.Ordinal);
        AssertSmallGuest(output);
        Assert.Contains("L1: QEMU ended with exit code 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void LibvirtInL1_WithKvm_StartsAndEndsADomain()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);

        string output = BootOthers(folder, "others.img", "1536M", $"{Words} task=libvirt", 2);

        Assert.Contains("<domain>kvm</domain>", output, StringComparison.Ordinal);
        Assert.Contains("Domain 'L2' created", output, StringComparison.Ordinal);
        AssertSmallGuest(output);
        Assert.Contains("reason=shutdown", output, StringComparison.Ordinal);
    }

    [Fact]
    public void UserModeLinuxInL1_BootsAGuest()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);

        string output = BootOthers(folder, "others.img", "1536M", $"{Words} task=linux", 1);

        AssertSmallGuest(output);
        Assert.Contains("L1: linux.uml ended with exit code 0", output, StringComparison.Ordinal);
    }

    /// <summary>Bochs ends with a panic of its own when the guest powers itself off; that is as it should be.</summary>
    [Fact]
    public void BochsInL1_BootsAGuestFromItsDisk()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);

        string output = BootOthers(folder, "others.img", "1536M", $"{Words} task=bochs", 1);

        Assert.Contains("GRUB has started", output, StringComparison.Ordinal);
        AssertSmallGuest(output);
        Assert.Contains("ACPI control: soft power off", output, StringComparison.Ordinal);
    }

    /// <param name="type">The kind of Xen's guest: in AMD-V without devices, in AMD-V with QEMU's and a BIOS, or without AMD-V.</param>
    /// <param name="processors">Processors of L1 and of L2.</param>
    [Theory]
    [InlineData("pvh", 1)]
    [InlineData("pvh", 2)]
    [InlineData("hvm", 1)]
    [InlineData("pv", 1)]
    public void XenInL1_FindsAmdVAndBootsAGuest(string type, int processors)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("NESTVISOR_SLOW") == "1", Slow);
        using LabFolder folder = new(GuestUser.Caller);

        string output = Succeed(
        [
            .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software", "--expose-virtualization-extensions",
            "--memory", "1G", "--cpus", $"{processors}", "--kernel", folder.Guest("xen"), "--append", "no-real-mode console=com1 com1=115200,8n1 noreboot dom0_mem=512M",
            "--module", $"{folder.Guest("xen-vmlinuz")} console=hvc0 quiet panic=-1 name=dom0 task={type} cpus={processors} last=cpus",
            "--initrd", folder.Guest("xen.cpio"),
        ]);

        Assert.Matches(@"\(XEN\) HVM: Hardware Assisted Paging \(HAP\) detected", output);
        Assert.Matches("dom0: virt_caps *: .*hvm hap", output);
        AssertSmallGuest(output);
        Assert.Contains($"L2: ran on processor {processors - 1}", output, StringComparison.Ordinal);
        Assert.Contains("dom0: xl create ended with exit code 0", output, StringComparison.Ordinal);
    }

    private static void AssertSmallGuest(string output)
    {
        Assert.Contains("L2: kernel: Linux version ", output, StringComparison.Ordinal);
        Assert.Contains("L2: userland is up", output, StringComparison.Ordinal);
        Assert.Contains("L2: powering off", output, StringComparison.Ordinal);
    }

    private static string BootOthers(LabFolder folder, string disk, string memory, string words, int processors) =>
        Succeed(Command(folder, folder.Guest("others.cpio"), memory, words, processors, expose: true, disk));

    private static string Succeed(string[] command)
    {
        (int code, string output, string error) = LabProcess.Run(command);
        Assert.True(code == 0, output + error);
        Assert.DoesNotMatch(Complaint(), output);
        return output;
    }

    private static string[] Command(LabFolder folder, string initrd, string memory, string words, int processors, bool expose, params string[] disks) =>
    [
        .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software",
        .. expose ? (string[])["--expose-virtualization-extensions"] : [], "--memory", memory, "--cpus", $"{processors}",
        "--kernel", folder.Guest("vmlinuz"), "--initrd", initrd, "--append", words,
        .. disks.SelectMany(disk => new[] { "--disk", folder.Guest(disk) + ",ro" }),
    ];

    // "MP-BIOS bug:" is what a kernel says of a machine of Bochs's, and no bug of its own.
    [GeneratedRegex("BUG:|Oops|Call Trace|general protection|soft lockup|rcu.*stall|Kernel panic|does not (load|mount)")]
    private static partial Regex Complaint();
}
