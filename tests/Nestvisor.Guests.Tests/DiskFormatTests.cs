using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Nestvisor.Storage.Tests;

namespace Nestvisor.Guests.Tests;

/// <summary>Linux on VHDX and VHD disks, in a locked-down worker; QEMU reads what it has written.</summary>
public sealed partial class DiskFormatTests
{
    private const string Words = "console=ttyS0 quiet panic=-1 cryptomgr.notests name=L1";

    [Theory]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=1M", true)]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=32M", true)]
    [InlineData("a.vhdx", "subformat=fixed", false)]
    [InlineData("a.vhd", "subformat=dynamic,force_size=on", false)]
    public void FileSystem_OnADisk_IsReadByQemu(string name, string options, bool canDiscard)
    {
        using LabFolder folder = new(GuestUser.Unprivileged);
        string disk = NewDisk(folder, name, options, null);
        (int code, string output, string error) = LabProcess.Run(Command(folder, disk, "task=write"));

        Assert.True(code == 0, error + output);
        Assert.DoesNotContain("does not mount", output, StringComparison.Ordinal);
        Assert.Contains("L1: the files are the same", output, StringComparison.Ordinal);
        Assert.Equal(!canDiscard, output.Contains("cannot be trimmed", StringComparison.Ordinal));
        string checksum = Checksum().Match(output).Groups[1].Value;
        long length = new FileInfo(disk).Length;
        if (name == "a.vhdx")
        {
            Assert.Contains("No errors", QemuImage.Run("check", "-f", "vhdx", disk), StringComparison.Ordinal);
        }

        Assert.Equal(checksum, Convert.ToHexStringLower(SHA256.HashData(QemuImage.Read(disk))));
        TestContext.Current.TestOutputHelper?.WriteLine($"{length} bytes; {output}");
    }

    [Theory]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=1M")]
    [InlineData("a.vhd", "subformat=dynamic,force_size=on")]
    public void Worker_KilledWhileTheGuestWrites_HasKeptWhatWasDurable(string name, string options)
    {
        using LabFolder folder = new(GuestUser.Unprivileged);
        string disk = NewDisk(folder, name, options, "400M");
        int durable = 0;
        using Process worker = Start(folder, disk, "task=records requests=100000");
        while (durable < 60 && worker.StandardOutput.ReadLine() is string line)
        {
            durable = Durable().Match(line) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : durable;
        }

        worker.Kill();
        worker.WaitForExit();
        Assert.Equal(60, durable);
        if (name == "a.vhdx")
        {
            // Carries the log out.
            _ = QemuImage.Run("check", "-r", "all", "-f", "vhdx", disk);
        }

        byte[] content = QemuImage.Read(disk);
        for (int n = 1; n <= durable; n++)
        {
            string page = System.Text.Encoding.ASCII.GetString(content, n * 37 % (content.Length / 4096) * 4096, 4096);
            Assert.Equal(n.ToString(CultureInfo.InvariantCulture).PadRight(4096), page);
        }

        // The next run goes on with it.
        (int code, string output, string error) = LabProcess.Run(Command(folder, disk, "task=records requests=5"));
        Assert.True(code == 0, error + output);
        Assert.Contains("L1: durable 5", output, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedDisk_IsRefusedByTheWorker_WithTheReason()
    {
        using LabFolder folder = new(GuestUser.Caller);
        string disk = NewDisk(folder, "a.vhdx", "subformat=dynamic", "40M");
        using (FileStream file = new(disk, FileMode.Open))
        {
            file.SetLength(1 << 20);
        }

        (int code, _, string error) = LabProcess.Run(Command(folder, disk, "task=records"));

        Assert.NotEqual(0, code);
        Assert.Contains($"'{disk}' is damaged", error, StringComparison.Ordinal);
    }

    // An empty disk of a size, or one with the file system of files.img.
    private static string NewDisk(LabFolder folder, string name, string options, string? size)
    {
        string path = folder.File(name);
        _ = size is not null
            ? QemuImage.Run("create", "-f", QemuImage.NameOf(path), "-o", options, path, size)
            : QemuImage.Run("convert", "-f", "raw", "-O", QemuImage.NameOf(path), "-o", options, folder.Guest("files.img"), path);
        if (folder.SwitchesUser)
        {
            _ = LabProcess.Run(["chmod", "666", path]);
        }

        return path;
    }

    private static Process Start(LabFolder folder, string disk, string words)
    {
        Process worker = LabProcess.Start(Command(folder, disk, words));
        worker.StandardInput.Close();
        return worker;
    }

    private static string[] Command(LabFolder folder, string disk, string words) =>
    [
        .. folder.Prefix, Path.Combine(folder.Programs, "nestvisor-worker"), "boot", "--engine", "software",
        "--cpus", "2", "--memory", "512M", "--kernel", folder.Guest("vmlinuz"), "--initrd", folder.Guest("l1.cpio"),
        "--disk", folder.Guest("nestvisor.img") + ",ro", "--disk", disk, "--append", $"{Words} {words}",
    ];

    [GeneratedRegex(@"L1: checksum ([0-9a-f]{64})")]
    private static partial Regex Checksum();

    [GeneratedRegex(@"^L1: durable (\d+)")]
    private static partial Regex Durable();
}
