namespace Nestvisor.Storage.Tests;

/// <summary>What Nestvisor writes, QEMU reads, and the other way round.</summary>
public sealed class QemuExchangeTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic, 1, 20)]
    [InlineData("a.vhdx", DiskType.Dynamic, 2, 21)]
    [InlineData("a.vhdx", DiskType.Dynamic, 32, 70)]
    [InlineData("a.vhdx", DiskType.Dynamic, 256, 60)]
    [InlineData("a.vhdx", DiskType.Fixed, 1, 20)]
    [InlineData("a.vhdx", DiskType.Fixed, 32, 20)]
    [InlineData("a.vhd", DiskType.Dynamic, 2, 21)]
    [InlineData("a.vhd", DiskType.Fixed, 0, 20)]
    [InlineData("a.img", DiskType.Fixed, 0, 20)]
    public void RandomRequests_OfOurs_AreReadByQemu(string name, DiskType type, int blockMegabytes, int megabytes)
    {
        string path = Path.Combine(_folder, name);
        Disks.Create(new VirtualDiskCreation { Path = path, Size = megabytes * (long)Megabyte, Type = type, BlockSize = blockMegabytes * Megabyte });
        byte[] content;
        for (int round = 0; ; round++)
        {
            using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
            {
                DiskWorkload work = new(disk, seed: 7 + round, DiskWorkload.ReadAll(disk));
                work.Run(150, Megabyte);
                content = work.Content;
            }

            Check(path);
            Assert.Equal("", DiskWorkload.Difference(content, QemuImage.Read(path)));
            if (round == 2)
            {
                break;
            }
        }

        using IDisk again = VirtualDisk.Open(path, readOnly: true);
        Assert.Equal("", DiskWorkload.Difference(content, DiskWorkload.ReadAll(again)));
    }

    [Theory]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=1M")]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=8M")]
    [InlineData("a.vhdx", "subformat=dynamic,block_size=256M")]
    [InlineData("a.vhdx", "subformat=dynamic,log_size=4M")]
    [InlineData("a.vhdx", "subformat=fixed,block_size=1M")]
    [InlineData("a.vhdx", "subformat=fixed")]
    [InlineData("a.vhd", "subformat=dynamic")]
    [InlineData("a.vhd", "subformat=dynamic,force_size=on")]
    [InlineData("a.vhd", "subformat=fixed,force_size=on")]
    public void Writes_OfQemus_AreReadAndContinuedByOurs(string name, string options)
    {
        string path = Path.Combine(_folder, name);
        string format = QemuImage.NameOf(path);
        _ = QemuImage.Run("create", "-f", format, "-o", options, path, "40M");
        QemuImage.Write(format, path, "write -P 0x11 0 64k", "write -P 0x22 3M 5M", "write -P 0x33 39M 1M", "write -P 0x44 17000k 512", "write -z 5M 1M");
        byte[] expected = QemuImage.Read(path);
        using (IDisk disk = VirtualDisk.Open(path, readOnly: true))
        {
            Assert.Equal("", DiskWorkload.Difference(expected, DiskWorkload.ReadAll(disk)));
        }

        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            DiskWorkload work = new(disk, seed: 3, expected);
            work.Run(150, Megabyte);
            expected = work.Content;
        }

        Check(path);
        Assert.Equal("", DiskWorkload.Difference(expected, QemuImage.Read(path)));
        QemuImage.Write(format, path, "write -P 0x55 9M 3M");
        expected.AsSpan(9 * Megabyte, 3 * Megabyte).Fill(0x55);
        using IDisk last = VirtualDisk.Open(path, readOnly: true);
        Assert.Equal("", DiskWorkload.Difference(expected, DiskWorkload.ReadAll(last)));
    }

    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic)]
    [InlineData("a.vhdx", DiskType.Fixed)]
    [InlineData("a.vhd", DiskType.Dynamic)]
    [InlineData("a.vhd", DiskType.Fixed)]
    public void Empty_OfOurs_HasItsSizeInQemu(string name, DiskType type)
    {
        string path = Path.Combine(_folder, name);

        // No whole number of cylinders.
        const long size = (37 * Megabyte) + 512;
        Disks.Create(new VirtualDiskCreation { Path = path, Size = size, Type = type });
        Check(path);
        Assert.Contains($"({size} bytes)", QemuImage.Run("info", "-f", QemuImage.NameOf(path), path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.vhdx", "b.vhd", DiskType.Dynamic)]
    [InlineData("a.vhd", "b.vhdx", DiskType.Fixed)]
    [InlineData("a.vhdx", "b.img", DiskType.Dynamic)]
    [InlineData("a.img", "b.vhdx", DiskType.Dynamic)]
    [InlineData("a.vhd", "b.vhd", DiskType.Fixed)]
    public void Convert_AnyFormat_GivesTheSameDisk(string from, string to, DiskType type)
    {
        string source = Path.Combine(_folder, from), target = Path.Combine(_folder, to);
        Disks.Create(new VirtualDiskCreation { Path = source, Size = 30 * Megabyte });
        byte[] content;
        using (IDisk disk = VirtualDisk.Open(source, readOnly: false))
        {
            DiskWorkload work = new(disk, seed: 11);
            work.Run(60, Megabyte);
            content = work.Content;
        }

        Disks.Convert(source, new VirtualDiskCreation { Path = target, Type = type });
        Check(target);
        Assert.Equal("", DiskWorkload.Difference(content, QemuImage.Read(target)));
        Assert.Contains("identical", QemuImage.Run("compare", "-f", QemuImage.NameOf(source), "-F", QemuImage.NameOf(target), source, target), StringComparison.Ordinal);
        Assert.NotEqual(VirtualDisk.Inspect(source).DiskIdentifier, VirtualDisk.Inspect(target) is { Format: not DiskFormat.Raw } info ? info.DiskIdentifier : Guid.NewGuid());
        Assert.False(File.Exists(target + VirtualDisk.PartialEnding));
    }

    [Theory]
    [InlineData(512, 512)]
    [InlineData(512, 4096)]
    [InlineData(4096, 4096)]
    public void Sectors_OfEitherSize_AreKept(int logical, int physical)
    {
        string path = Path.Combine(_folder, "s.vhdx");
        Disks.Create(new VirtualDiskCreation { Path = path, Size = 20 * Megabyte, BlockSize = Megabyte, LogicalSectorSize = logical, PhysicalSectorSize = physical });
        byte[] content;
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            Assert.Equal(logical, disk.SectorSize);
            DiskWorkload work = new(disk, seed: 5);
            work.Run(60, Megabyte);
            content = work.Content;
        }

        VirtualDiskInfo info = VirtualDisk.Inspect(path);
        Assert.Equal((logical, physical), (info.LogicalSectorSize, info.PhysicalSectorSize));
        using IDisk again = VirtualDisk.Open(path, readOnly: true);
        Assert.Equal("", DiskWorkload.Difference(content, DiskWorkload.ReadAll(again)));

        // QEMU 7.2 knows only sectors of 512 bytes.
        if (logical == 512)
        {
            Assert.Equal("", DiskWorkload.Difference(content, QemuImage.Read(path)));
        }
    }

    // VHD has no checks in qemu-img.
    private static void Check(string path)
    {
        VirtualDisk.Check(path);
        if (VirtualDisk.FormatOf(path) == DiskFormat.Vhdx)
        {
            Assert.Contains("No errors", QemuImage.Run("check", "-f", "vhdx", path), StringComparison.Ordinal);
        }
    }
}
