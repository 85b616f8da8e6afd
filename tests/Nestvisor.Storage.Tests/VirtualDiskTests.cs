using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Tests;

/// <summary>Operations on disk files.</summary>
public sealed class VirtualDiskTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic, 512, 4096, 32 * Megabyte, 0)]
    [InlineData("a.VHDX", DiskType.Fixed, 512, 4096, 32 * Megabyte, 0)]
    [InlineData("a.vhd", DiskType.Dynamic, 512, 512, 2 * Megabyte, 1)]
    [InlineData("a.vhd", DiskType.Fixed, 512, 512, 0, null)]
    [InlineData("a.img", DiskType.Fixed, 512, 512, 0, null)]
    public void Inspect_NewDisk_TellsWhatItIs(string name, DiskType type, int logical, int physical, int block, int? blocksHaveOrder)
    {
        string path = Create(name, 40 * Megabyte, type);
        VirtualDiskInfo info = VirtualDisk.Inspect(path);
        Assert.Equal((path, VirtualDisk.FormatOf(path), type, 40L * Megabyte), (info.Path, info.Format, info.Type, info.Size));
        Assert.Equal((logical, physical, block), (info.LogicalSectorSize, info.PhysicalSectorSize, info.BlockSize));
        Assert.Equal(new FileInfo(path).Length, info.FileSize);
        Assert.Equal(info.Format == DiskFormat.Raw, info.DiskIdentifier == Guid.Empty);
        Assert.Equal(info.Format == DiskFormat.Raw || blocksHaveOrder is null && info.Format == DiskFormat.Vhd, info.FragmentationPercentage is null);
        Assert.Equal((false, null, ""), (info.Attached, info.MinimumSize, info.ParentPath));
        using IDisk disk = VirtualDisk.Open(path, readOnly: false);
        Assert.True(VirtualDisk.Inspect(path).Attached);
    }

    [Fact]
    public void Inspect_DiskThatIsWritten_WorksAllTheTime()
    {
        string path = Create("a.vhdx", 200 * Megabyte, DiskType.Dynamic, Megabyte);
        using IDisk disk = VirtualDisk.Open(path, readOnly: false);
        for (int i = 0; i < 50; i++)
        {
            disk.Write(i * 3L * Megabyte, new byte[512]);
            disk.Flush();
            Assert.Equal(200 * Megabyte, VirtualDisk.Inspect(path).Size);
        }
    }

    [Theory]
    [InlineData("a.vhdx", "a.vhd")]
    [InlineData("a.vhd", "a.vhdx")]
    [InlineData("a.img", "b.vhdx")]
    [InlineData("a.img", "b.vhd")]
    public void Open_ExtensionOfAnotherFormat_IsRefusedWithTheReason(string name, string other)
    {
        string path = Create(name, 10 * Megabyte, DiskType.Dynamic), wrong = Path.Combine(_folder, other);
        File.Move(path, wrong);
        DiskException error = Assert.Throws<DiskException>(() => VirtualDisk.Open(wrong, readOnly: true));
        Assert.Contains(wrong, error.Message, StringComparison.Ordinal);
        Assert.Contains("extension of its format", error.Message, StringComparison.Ordinal);
    }

    // Else a guest could make its raw disk one that names other files of the host.
    [Fact]
    public void Open_RawDiskWithTheContentOfAVhdx_StaysRaw()
    {
        string path = Create("a.vhdx", 10 * Megabyte, DiskType.Dynamic), raw = Path.Combine(_folder, "a.img");
        File.Move(path, raw);
        using IDisk disk = VirtualDisk.Open(raw, readOnly: true);
        byte[] first = new byte[8];
        disk.Read(0, first);
        Assert.Equal("vhdxfile"u8.ToArray(), first);
        Assert.Equal(new FileInfo(raw).Length, disk.Length);
    }

    [Theory]
    [InlineData("a.vhdx", 64L << 40, true)]
    [InlineData("a.vhdx", (64L << 40) + 512, false)]
    [InlineData("a.vhdx", 3 * Megabyte, true)]
    [InlineData("a.vhdx", (3 * Megabyte) - 512, false)]
    [InlineData("a.vhdx", (3 * Megabyte) + 1, false)]
    [InlineData("a.vhd", 2040L << 30, true)]
    [InlineData("a.vhd", (2040L << 30) + 512, false)]
    public void Create_Size_IsChecked(string name, long size, bool possible)
    {
        Exception? error = Record.Exception(() => Create(name, size, DiskType.Dynamic));
        Assert.Equal(possible, error is null);
        Assert.True(possible || error is DiskException);
        Assert.Equal(possible ? 1 : 0, Directory.GetFiles(_folder).Length);
        if (possible)
        {
            using IDisk disk = VirtualDisk.Open(Path.Combine(_folder, name), readOnly: false);
            Assert.Equal(size, disk.Length);
            disk.Write(size - 512, DiskWorkload.Stamp(1, 1));
            byte[] end = new byte[512];
            disk.Read(size - 512, end);
            Assert.Equal(DiskWorkload.Stamp(1, 1), end);
        }
    }

    [Theory]
    [InlineData("a.vhdx", 512, 0, 3 * Megabyte)]
    [InlineData("a.vhdx", 512, 0, 512 * Megabyte)]
    [InlineData("a.vhdx", 4096, 512, 0)]
    [InlineData("a.vhdx", 1024, 0, 0)]
    [InlineData("a.vhd", 4096, 4096, 0)]
    [InlineData("a.vhd", 512, 0, Megabyte)]
    [InlineData("a.img", 512, 0, Megabyte)]
    public void Create_ImpossibleOptions_AreRefused(string name, int logical, int physical, int block)
    {
        VirtualDiskCreation options = new()
        {
            Path = Path.Combine(_folder, name),
            Size = 10 * Megabyte,
            LogicalSectorSize = logical,
            PhysicalSectorSize = physical,
            BlockSize = block,
        };
        _ = Assert.Throws<DiskException>(() => Disks.Create(options));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Create_FileThatExists_IsLeftAlone()
    {
        string path = Path.Combine(_folder, "a.vhdx");
        File.WriteAllText(path, "mine");
        DiskException error = Assert.Throws<DiskException>(() => Create("a.vhdx", 10 * Megabyte, DiskType.Dynamic));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("a.vhdx")]
    [InlineData("a.vhd")]
    public void Convert_Cancelled_LeavesNothing(string name)
    {
        string source = Create("source.vhdx", 20 * Megabyte, DiskType.Dynamic);
        using (IDisk disk = VirtualDisk.Open(source, readOnly: false))
        {
            disk.Write(0, Enumerable.Repeat((byte)1, 20 * Megabyte).ToArray());
        }

        using CancellationTokenSource stop = new();
        StopAt progress = new(stop, 50);
        string target = Path.Combine(_folder, name);
        _ = Assert.Throws<OperationCanceledException>(() => VirtualDisk.Convert(source, new VirtualDiskCreation { Path = target }, progress, stop.Token));
        Assert.Equal([source], Directory.GetFiles(_folder));

        // What a crash leaves is no obstacle.
        File.WriteAllText(target + VirtualDisk.PartialEnding, "half");
        Disks.Convert(source, new VirtualDiskCreation { Path = target });
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    // Each step of each operation is one at which it may be stopped.
    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic, true)]
    [InlineData("a.vhdx", DiskType.Fixed, false)]
    [InlineData("a.vhd", DiskType.Dynamic, true)]
    [InlineData("a.vhd", DiskType.Dynamic, false)]
    [InlineData("a.vhd", DiskType.Fixed, false)]
    public void Change_CancelledAnywhere_KeepsTheContents(string name, DiskType type, bool optimizes)
    {
        string original = Create("original" + Path.GetExtension(name), 20 * Megabyte, type, name == "a.vhdx" ? Megabyte : 0), path = Path.Combine(_folder, name);
        byte[] content;
        using (IDisk disk = VirtualDisk.Open(original, readOnly: false))
        {
            DiskWorkload work = new(disk, seed: 4);
            work.Run(60, Megabyte);
            content = work.Content;
        }

        int stopped = 0;
        for (int percent = 0; percent <= 100; percent += 5)
        {
            File.Copy(original, path, overwrite: true);
            using CancellationTokenSource stop = new();
            StopAt progress = new(stop, percent);
            Exception? error = Record.Exception(() =>
            {
                if (optimizes)
                {
                    VirtualDisk.Optimize(path, DiskCompactMode.Full, progress, stop.Token);
                }
                else
                {
                    VirtualDisk.Resize(path, 40 * Megabyte, progress, stop.Token);
                }
            });
            stopped += error is OperationCanceledException ? 1 : 0;
            Assert.True(error is null or OperationCanceledException, error?.ToString());
            using IDisk disk = VirtualDisk.Open(path, readOnly: true);
            Assert.Equal(error is null && !optimizes ? 40 * Megabyte : 20 * Megabyte, disk.Length);
            Assert.Equal("", DiskWorkload.Difference(content, DiskWorkload.ReadAll(disk).AsSpan(0, content.Length)));
            Assert.Equal(2, Directory.GetFiles(_folder).Length);
        }

        Assert.InRange(stopped, 1, 21);
    }

    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic, 60, 1)]
    [InlineData("a.vhdx", DiskType.Dynamic, 200_000, 1)]
    [InlineData("a.vhdx", DiskType.Fixed, 60, 1)]
    [InlineData("a.vhdx", DiskType.Dynamic, 10, 1)]
    [InlineData("a.vhdx", DiskType.Fixed, 10, 4)]
    [InlineData("a.vhd", DiskType.Dynamic, 60, 0)]
    [InlineData("a.vhd", DiskType.Fixed, 60, 0)]
    [InlineData("a.img", DiskType.Fixed, 60, 0)]
    [InlineData("a.img", DiskType.Fixed, 10, 0)]
    public void Resize_UpOrDown_KeepsTheContents(string name, DiskType type, int megabytes, int block)
    {
        string path = Create(name, (40 * Megabyte) + 512, type, block * Megabyte);
        byte[] content = new byte[9 * Megabyte];
        new Random(2).NextBytes(content);
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            disk.Write(0, content);
        }

        Guid identifier = VirtualDisk.Inspect(path).DiskIdentifier;
        long size = megabytes * (long)Megabyte;
        Disks.Resize(path, size);
        VirtualDisk.Check(path);
        VirtualDiskInfo info = VirtualDisk.Inspect(path);
        Assert.Equal((size, identifier, type == DiskType.Fixed), (info.Size, info.DiskIdentifier, info.Type == DiskType.Fixed));
        if (info.Format == DiskFormat.Vhdx)
        {
            Assert.Contains("No errors", QemuImage.Run("check", "-f", "vhdx", path), StringComparison.Ordinal);
        }

        using IDisk again = VirtualDisk.Open(path, readOnly: false);
        byte[] read = new byte[content.Length];
        again.Read(0, read);
        Assert.Equal("", DiskWorkload.Difference(content, read));
        again.Write(again.Length - 512, DiskWorkload.Stamp(1, 2));
        again.Read(again.Length - 1024, read.AsSpan(0, 1024));
        Assert.Equal([.. new byte[512], .. DiskWorkload.Stamp(1, 2)], read.AsSpan(0, 1024).ToArray());
    }

    [Fact]
    public void Resize_DownAndUpAgain_ShowsZerosWhereThingsWere()
    {
        string path = Create("a.vhdx", 20 * Megabyte, DiskType.Dynamic, Megabyte);
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            // A partition table, so that shrinking may cut off contents.
            byte[] table = new byte[512];
            (table[446 + 4], table[446 + 8], table[446 + 13], table[510], table[511]) = (0x83, 1, 40, 0x55, 0xAA);
            disk.Write(0, table);
            disk.Write(5 * Megabyte, Enumerable.Repeat((byte)9, 15 * Megabyte).ToArray());
        }

        Assert.Equal(10241 * 512, VirtualDisk.Inspect(path).MinimumSize);
        DiskException error = Assert.Throws<DiskException>(() => Disks.Resize(path, 10240 * 512));
        Assert.Contains("its partitions need 5243392", error.Message, StringComparison.Ordinal);
        Disks.Resize(path, (6 * Megabyte) + 512);
        Disks.Resize(path, 20 * Megabyte);
        using IDisk again = VirtualDisk.Open(path, readOnly: true);
        byte[] all = DiskWorkload.ReadAll(again);
        Assert.Equal(-1, all.AsSpan(5 * Megabyte, Megabyte + 512).IndexOfAnyExcept((byte)9));
        Assert.Equal(-1, all.AsSpan((6 * Megabyte) + 512).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData("a.vhdx")]
    [InlineData("a.img")]
    public void Resize_OverContentsWithoutAPartitionTable_IsRefused(string name)
    {
        string path = Create(name, 20 * Megabyte, DiskType.Dynamic);
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            disk.Write(15 * Megabyte, [1]);
        }

        DiskException error = Assert.Throws<DiskException>(() => Disks.Resize(path, 15 * Megabyte));
        Assert.Contains("not empty", error.Message, StringComparison.Ordinal);
        Disks.Resize(path, 16 * Megabyte);
        Assert.Equal(16 * Megabyte, VirtualDisk.Inspect(path).Size);
    }

    [Theory]
    [InlineData("a.vhdx", DiskCompactMode.Full, true)]
    [InlineData("a.vhdx", DiskCompactMode.Prezeroed, true)]
    [InlineData("a.vhdx", DiskCompactMode.Quick, false)]
    [InlineData("a.vhd", DiskCompactMode.Full, true)]
    public void Optimize_UnusedBlocks_MakeTheFileShorter(string name, DiskCompactMode mode, bool findsZeros)
    {
        string path = Create(name, 60 * Megabyte, DiskType.Dynamic, name == "a.vhdx" ? Megabyte : 0);
        byte[] content = new byte[60 * Megabyte];
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            new Random(3).NextBytes(content);
            disk.Write(0, content);
            disk.Flush();

            // Written as zeros, and discarded.
            disk.Write(2 * Megabyte, new byte[20 * Megabyte]);
            content.AsSpan(2 * Megabyte, 20 * Megabyte).Clear();
            disk.Discard(30 * Megabyte, 10 * Megabyte);
            if (disk.CanDiscard)
            {
                content.AsSpan(30 * Megabyte, 10 * Megabyte).Clear();
            }
        }

        long before = new FileInfo(path).Length;
        Disks.Optimize(path, mode);
        long saved = before - new FileInfo(path).Length;
        Assert.InRange(saved, (findsZeros ? 20 : 0) + (name == "a.vhdx" ? 10 : 0) - 1 << 20, before);
        Assert.Equal("", DiskWorkload.Difference(content, QemuImage.Read(path)));
        VirtualDisk.Check(path);
    }

    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic)]
    [InlineData("a.vhd", DiskType.Dynamic)]
    [InlineData("a.vhd", DiskType.Fixed)]
    public void SetIdentifier_OfADisk_IsThatOfTheFile(string name, DiskType type)
    {
        string path = Create(name, 10 * Megabyte, type);
        Guid identifier = new("11112222-3333-4444-5555-666677778888");
        VirtualDisk.SetIdentifier(path, identifier);
        Assert.Equal(identifier, VirtualDisk.Inspect(path).DiskIdentifier);
        VirtualDisk.Check(path);
    }

    [Fact]
    public void SetPhysicalSectorSize_OfAVhdx_IsKeptAndChecked()
    {
        string path = Create("a.vhdx", 10 * Megabyte, DiskType.Dynamic);
        VirtualDisk.SetPhysicalSectorSize(path, 512);
        Assert.Equal(512, VirtualDisk.Inspect(path).PhysicalSectorSize);
        _ = Assert.Throws<DiskException>(() => VirtualDisk.SetPhysicalSectorSize(path, 1024));
        _ = Assert.Throws<DiskException>(() => VirtualDisk.SetPhysicalSectorSize(Create("a.vhd", 10 * Megabyte, DiskType.Dynamic), 4096));
    }

    // Whoever has seen the file before can tell that it has changed, and that its contents have.
    [Fact]
    public void Identifiers_OfTheHeader_ChangeWithTheFirstWriteOnly()
    {
        string path = Create("a.vhdx", 10 * Megabyte, DiskType.Dynamic);
        Vhdx.VhdxHeader Header()
        {
            using Vhdx.VhdxImage image = Vhdx.VhdxImage.Open(DiskFileOpening.Open(path, readOnly: true));
            return image.Headers.Current;
        }

        Vhdx.VhdxHeader first = Header();
        VirtualDisk.Open(path, readOnly: false).Dispose();
        Assert.Equal(first, Header());
        VirtualDisk.SetPhysicalSectorSize(path, 512);
        Vhdx.VhdxHeader second = Header();
        Assert.NotEqual(first.FileWriteGuid, second.FileWriteGuid);
        Assert.Equal(first.DataWriteGuid, second.DataWriteGuid);
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            disk.Write(0, [1]);
        }

        Vhdx.VhdxHeader third = Header();
        Assert.NotEqual(second.FileWriteGuid, third.FileWriteGuid);
        Assert.NotEqual(second.DataWriteGuid, third.DataWriteGuid);
        Assert.Equal(Guid.Empty, third.LogGuid);
    }

    // A guest discards in pieces that are shorter than a block.
    [Fact]
    public void Discard_InPieces_GivesTheBlockBack()
    {
        string path = Create("a.vhdx", 64 * Megabyte, DiskType.Dynamic);
        using IDisk disk = VirtualDisk.Open(path, readOnly: false);
        disk.Write(0, Enumerable.Repeat((byte)1, 64 * Megabyte).ToArray());
        disk.Flush();
        long length = new FileInfo(path).Length;
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 32 * Megabyte; i += 4 * Megabyte)
            {
                disk.Discard(i, 4 * Megabyte);
            }

            disk.Flush();
            disk.Write(0, Enumerable.Repeat((byte)2, 32 * Megabyte).ToArray());
            disk.Flush();
        }

        // The block may be elsewhere, but its old place is used again.
        Assert.InRange(new FileInfo(path).Length, length, length + (32 * Megabyte));
    }

    private string Create(string name, long size, DiskType type, int block = 0)
    {
        string path = Path.Combine(_folder, name);
        Disks.Create(new VirtualDiskCreation { Path = path, Size = size, Type = type, BlockSize = block });
        return path;
    }

    private sealed class StopAt(CancellationTokenSource stop, int percent) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value >= percent)
            {
                stop.Cancel();
            }
        }
    }
}
