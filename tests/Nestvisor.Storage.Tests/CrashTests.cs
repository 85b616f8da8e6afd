using Nestvisor.Storage.Files;
using Nestvisor.Storage.Tests.Fakes;

namespace Nestvisor.Storage.Tests;

/// <summary>The power goes at each change of the file, and what was not flushed is there in part, in any order.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private const int Sectors = 24 * Megabyte / 512;

    // Blocks that are far apart, so that their entries are in several sectors of the block allocation table.
    private const int WorkBlocks = 12;
    private const int Far = 150;
    private static readonly double[] Shares = [0, 1, 0.5, 0.5, 0.9, 0.1];
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;
    private int _crashes;
    private int _examined;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.vhdx", 1, DiskType.Dynamic, true)]
    [InlineData("a.vhdx", 2, DiskType.Dynamic, false)]
    [InlineData("a.vhdx", 3, DiskType.Fixed, true)]
    [InlineData("a.vhd", 4, DiskType.Dynamic, true)]
    public void Requests_PowerLostAtEachChange_KeepWhatWasFlushed(string name, int seed, DiskType type, bool canPunchHoles)
    {
        int distance = type == DiskType.Fixed ? 2 : Far;
        string path = NewDisk(name, (long)WorkBlocks * distance * Megabyte, type);
        CrashFile file = new(PageStore.FromFile(path), canPunchHoles: canPunchHoles);
        CrashModel model = new();
        Random chance = new(seed);
        file.BeforeChange = () => Crash(path, file, chance, disk => model.Check(disk, $"crash {_crashes}"));
        using (IDisk disk = DiskFileFormats.Open(file, VirtualDisk.FormatOf(path)))
        {
            Work(disk, model, new Random(seed), requests: 60, distance);
        }

        file.BeforeChange();
        Assert.InRange(_crashes, 400, int.MaxValue);
        Assert.True(_examined > 0 || VirtualDisk.FormatOf(path) == DiskFormat.Vhd);
    }

    // The log goes round many times, and old entries of it are everywhere.
    [Fact]
    public void Log_ManyTimesRound_IsCarriedOutFromTheRightPlace()
    {
        string path = NewDisk("a.vhdx", Sectors * 512L, DiskType.Dynamic);
        CrashFile file = new(PageStore.FromFile(path));
        CrashModel model = new();
        Random chance = new(9);
        using IDisk disk = DiskFileFormats.Open(file, DiskFormat.Vhdx);
        for (int i = 0; i < 700; i++)
        {
            long sector = i % 24 * (Megabyte / 512);
            model.BeginZero(sector, 8);
            disk.Discard(sector * 512, Megabyte);
            byte[] data = DiskWorkload.Stamp(sector, model.BeginWrite(sector, 1));
            disk.Write(sector * 512, data);
            disk.Flush();
            model.Flushed();
            if (i % 10 == 0)
            {
                Crash(path, file, chance, crashed => model.Check(crashed, $"round {i}"));
            }
        }
    }

    [Theory]
    [InlineData("a.vhdx", 30, false)]
    [InlineData("a.vhdx", 10, false)]
    [InlineData("a.vhdx", 200_000, false)]
    [InlineData("a.vhdx", 40, true)]
    public void Resize_PowerLostAtEachChange_LeavesTheOldSizeOrTheNewOne(string name, int megabytes, bool isFixed)
    {
        string path = NewDisk(name, 24L * Megabyte + 512, isFixed ? DiskType.Fixed : DiskType.Dynamic);
        CrashFile file = new(PageStore.FromFile(path));
        CrashModel model = new();
        long size = megabytes * (long)Megabyte;
        long kept = Math.Min(9L * Megabyte, size) / 512;
        using (IDisk disk = DiskFileFormats.Open(file, DiskFormat.Vhdx))
        {
            for (long sector = 0; sector < kept; sector += 700)
            {
                disk.Write(sector * 512, DiskWorkload.Stamp(sector, model.BeginWrite(sector, 1)));
            }
        }

        model.Flushed();
        Random chance = new(6);
        HashSet<long> seen = [];
        file.BeforeChange = () => Crash(path, file, chance, disk =>
        {
            _ = seen.Add(disk.Length);
            model.Check(disk, $"crash {_crashes}");
            byte[] end = new byte[512];
            disk.Read(disk.Length - 512, end);
            Assert.Equal(new byte[512], end);
        });
        using (Vhdx.VhdxDisk disk = Vhdx.VhdxDisk.Open(file))
        {
            Vhdx.VhdxResize.Run(disk, size, null, TestContext.Current.CancellationToken);
        }

        file.BeforeChange();
        Assert.Equal([24L * Megabyte + 512, size], seen.Order().OrderBy(length => length == size));
    }

    [Fact]
    public void Optimize_PowerLostAtEachChange_ChangesNothingForTheGuest()
    {
        string path = NewDisk("a.vhdx", Sectors * 512L, DiskType.Dynamic);
        CrashFile file = new(PageStore.FromFile(path));
        CrashModel model = new();
        using (IDisk disk = DiskFileFormats.Open(file, DiskFormat.Vhdx))
        {
            Work(disk, model, new Random(12), requests: 80, distance: 2);

            // Holes at the front, so that blocks have somewhere to go: three blocks at least of those that are worked on.
            model.BeginZero(0, 6 * Megabyte / 512);
            disk.Discard(0, 6 * Megabyte);
        }

        model.Flushed();
        long before = file.Length;
        Random chance = new(8);
        file.BeforeChange = () => Crash(path, file, chance, disk => model.Check(disk, $"crash {_crashes}"));
        using (Vhdx.VhdxDisk disk = Vhdx.VhdxDisk.Open(file))
        {
            Vhdx.VhdxOptimize.Run(disk, findZeros: true, null, TestContext.Current.CancellationToken);
        }

        file.BeforeChange();
        Assert.True(file.Length <= before - (3 * Megabyte), $"{file.Length} bytes after {before}");
        Assert.InRange(_crashes, 100, int.MaxValue);
    }

    private static void Work(IDisk disk, CrashModel model, Random random, int requests, int distance)
    {
        for (int i = 0; i < requests; i++)
        {
            // Few blocks, so that they are allocated, given back and used again.
            long sector = ((long)random.Next(WorkBlocks) * distance * (Megabyte / 512)) + (random.Next(3) * 64);
            int count = random.Next(1, 5);
            switch (random.Next(9))
            {
                case 0 or 1:
                    disk.Flush();
                    model.Flushed();
                    break;
                case 2:
                    long first = sector / 2048 * 2048;
                    model.BeginZero(first, 2048);
                    disk.WriteZeroes(first * 512, 2048 * 512, mayDiscard: true);
                    break;
                case 3 when disk.CanDiscard:
                    first = sector / 2048 * 2048;
                    model.BeginZero(first, 2048);
                    disk.Discard(first * 512, 2048 * 512);
                    break;
                case 4:
                    model.BeginZero(sector, count);
                    disk.WriteZeroes(sector * 512, count * 512, mayDiscard: random.Next(2) == 0);
                    break;
                default:
                    int version = model.BeginWrite(sector, count);
                    byte[] data = [.. Enumerable.Range(0, count).SelectMany(n => DiskWorkload.Stamp(sector + n, version))];
                    disk.Write(sector * 512, data);
                    break;
            }
        }

        disk.Flush();
        model.Flushed();
    }

    private string NewDisk(string name, long size, DiskType type)
    {
        string path = Path.Combine(_folder, name);
        int blockSize = VirtualDisk.FormatOf(path) == DiskFormat.Vhdx ? Megabyte : 0;
        Disks.Create(new VirtualDiskCreation { Path = path, Size = size, Type = type, BlockSize = blockSize });
        return path;
    }

    // Some of what a crash leaves is given to QEMU too: it must carry out our log, find no errors and read the same.
    private void Crash(string path, CrashFile file, Random chance, Action<IDisk> check)
    {
        foreach (double share in Shares)
        {
            PageStore left = file.Crash(chance, share);
            CrashFile again = new(left);
            DiskFormat format = VirtualDisk.FormatOf(path);
            if (_crashes % 5 == 0)
            {
                // The power goes once more, while the file is put in order.
                again.BeforeChange = () =>
                {
                    using IDisk twice = DiskFileFormats.Open(new CrashFile(again.Crash(chance, 0.5), readOnly: true), format);
                    check(twice);
                };
            }

            using (IDisk readOnly = DiskFileFormats.Open(new CrashFile(left, readOnly: true), format))
            {
                check(readOnly);
            }

            long length;
            using (IDisk disk = DiskFileFormats.Open(again, format))
            {
                check(disk);
                again.BeforeChange = null;
                disk.Write(0, new byte[512]);
                length = disk.Length;
            }

            if (_crashes++ % 200 == 77 && format == DiskFormat.Vhdx && length < 1L << 31)
            {
                string copy = Path.Combine(_folder, "crashed.vhdx"), ours = Path.Combine(_folder, "ours.img");
                left.Save(copy);
                Disks.Convert(copy, new VirtualDiskCreation { Path = ours, Type = DiskType.Dynamic });
                _ = QemuImage.Run("check", "-r", "all", "-f", "vhdx", copy);
                _ = QemuImage.Run("compare", "-f", "vhdx", "-F", "raw", copy, ours);
                File.Delete(copy);
                File.Delete(ours);
                _examined++;
            }
        }
    }
}
