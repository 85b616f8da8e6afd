using System.Buffers.Binary;
using Nestvisor.Storage.Files;
using Nestvisor.Storage.Tests.Fakes;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Tests;

/// <summary>Logs as other programs write them: several entries that count, zeros, around the log's end. QEMU carries the same ones out.</summary>
public sealed class LogReplayTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private const uint LogLength = Megabyte;
    private const long Place = 5L * Megabyte;
    private static readonly Guid s_log = new("01234567-89AB-CDEF-0123-456789ABCDEF");
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;
    private readonly string _path;

    public LogReplayTests()
    {
        // One block, at 4 MB, so that what the log changes is contents of the disk.
        _path = Path.Combine(_folder, "a.vhdx");
        Disks.Create(new VirtualDiskCreation { Path = _path, Size = 8 * Megabyte, BlockSize = 4 * Megabyte });
        using IDisk disk = VirtualDisk.Open(_path, readOnly: false);
        disk.Write(0, Enumerable.Repeat((byte)0xEE, 4 * Megabyte).ToArray());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(LogLength - (2 * VhdxLayout.Sector))]
    [InlineData(LogLength - (5 * VhdxLayout.Sector))]
    public void Entries_FromTheTailOn_AreCarriedOutAlsoAroundTheEnd(uint first)
    {
        // Three entries; the tail of the last is the second, so that the first is not carried out again.
        PageStore file = Load();
        uint second = Write(file, first, 7, first, (Place, 1), (Place + 4096, 1));
        uint third = Write(file, second, 8, second, (Place, 2));
        _ = Write(file, third, 9, second, (Place + 8192, 3));
        Activate(file);

        // QEMU carries the first one out as well, which makes no difference where its changes are in place already, as they are in files of programs.
        _ = AssertOurs(file, (0, 2), (4096, 0xEE), (8192, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(LogLength - (2 * VhdxLayout.Sector))]
    [InlineData(LogLength - (5 * VhdxLayout.Sector))]
    public void Entries_OfOneRun_AreCarriedOutInOrder(uint first)
    {
        PageStore file = Load();
        uint second = Write(file, first, 7, first, (Place, 1), (Place + 4096, 1));
        uint third = Write(file, second, 8, first, (Place, 2));
        _ = Write(file, third, 9, first, (Place + 8192, 3));
        Activate(file);

        _ = AssertOurs(file, (0, 2), (4096, 1), (8192, 3));
        if (first == 0)
        {
            // Of a run that goes over the log's end, QEMU 7.2 takes what is at the log's beginning alone: it does not look at the tail.
            AssertContent(file, (0, 2));
        }
    }

    [Fact]
    public void Entries_OfTwoRuns_TheNewestCounts()
    {
        PageStore file = Load();
        _ = Write(file, 40 * VhdxLayout.Sector, 90, 40 * VhdxLayout.Sector, (Place, 9));
        uint next = Write(file, 0, 5, 0, (Place, 5));
        _ = Write(file, next, 6, 0, (Place + 4096, 6));
        Activate(file);

        AssertContent(file, (0, 9), (4096, 0xEE));
    }

    [Fact]
    public void LastEntry_NotWhole_IsLeftOut()
    {
        PageStore file = Load();
        uint next = Write(file, 0, 5, 0, (Place, 5));
        _ = Write(file, next, 6, 0, (Place, 6));
        file.Write(Megabyte + next + 6000, [1, 2, 3]);
        Activate(file);

        AssertContent(file, (0, 5));
    }

    [Fact]
    public void Zeros_OfManySectors_AreCarriedOut()
    {
        PageStore file = Load();
        byte[] entry = VhdxLogEntry.Create(s_log, 5, 0, file.Length, [(Place, Filled(7))]);
        "zero"u8.CopyTo(entry.AsSpan(64));
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(68), 0);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(72), 3 * 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), 4096);
        entry = entry[..4096];
        VhdxChecksum.Set(entry);
        file.Write(Megabyte, entry);
        Activate(file);

        AssertContent(file, (0, 0), (8192, 0), (12288, 0xEE));
    }

    [Fact]
    public void NoWholeEntry_IsDamage()
    {
        PageStore file = Load();
        Activate(file);

        DiskException error = Assert.Throws<DiskException>(() => DiskFileFormats.Open(new CrashFile(file), DiskFormat.Vhdx));
        Assert.Contains("none of them is whole", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_ShorterThanItWasWhenLogged_IsDamage()
    {
        PageStore file = Load();
        byte[] entry = VhdxLogEntry.Create(s_log, 5, 0, file.Length + Megabyte, [(Place, Filled(7))]);
        file.Write(Megabyte, entry);
        Activate(file);

        DiskException error = Assert.Throws<DiskException>(() => DiskFileFormats.Open(new CrashFile(file), DiskFormat.Vhdx));
        Assert.Contains("it was cut off", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(Megabyte + 4096)]
    [InlineData(1L << 40)]
    public void Target_ThatALogMustNotChange_IsDamage(long place)
    {
        PageStore file = Load();
        _ = Write(file, 0, 5, 0, (place, 5));
        Activate(file);

        foreach (bool readOnly in (bool[])[true, false])
        {
            DiskException error = Assert.Throws<DiskException>(() => DiskFileFormats.Open(new CrashFile(file, readOnly), DiskFormat.Vhdx));
            Assert.Contains("which it must not", error.Message, StringComparison.Ordinal);
        }
    }

    // Each of the many sectors claims to begin an entry as long as the log.
    [Fact]
    public void Log_OfEntriesThatOverlap_DoesNotTakeForEver()
    {
        PageStore file = Load();
        byte[] entry = VhdxLogEntry.Create(s_log, 5, 0, file.Length, [(Place, Filled(7))]);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), LogLength);
        for (int i = 0; i < 256; i++)
        {
            file.Write(Megabyte + (i * 4096), entry.AsSpan(0, 4096));
        }

        Activate(file);
        CrashFile crash = new(file, readOnly: true);
        _ = Assert.Throws<DiskException>(() => DiskFileFormats.Open(crash, DiskFormat.Vhdx));
        Assert.InRange(crash.Moved, 0, 100 * Megabyte);
    }

    // A file with a log that was not carried out is described and read without being changed.
    [Fact]
    public void ReadOnly_WithALogToCarryOut_ChangesNothing()
    {
        PageStore file = Load();
        _ = Write(file, 0, 5, 0, (Place, 5));
        Activate(file);
        file.Save(_path);
        byte[] before = File.ReadAllBytes(_path);

        Assert.Equal(8 * Megabyte, VirtualDisk.Inspect(_path).Size);
        using (IDisk disk = VirtualDisk.Open(_path, readOnly: true))
        {
            byte[] read = new byte[1];
            disk.Read(Megabyte, read);
            Assert.Equal(5, read[0]);
        }

        Assert.Equal(before, File.ReadAllBytes(_path));
    }

    private static byte[] Filled(int value) => [.. Enumerable.Repeat((byte)value, 4096)];

    // The place of the next entry.
    private static uint Write(PageStore file, uint position, ulong sequence, uint tail, params (long Offset, int Value)[] sectors)
    {
        byte[] entry = VhdxLogEntry.Create(s_log, sequence, tail, file.Length, [.. sectors.Select(sector => (sector.Offset, Filled(sector.Value)))]);
        int first = (int)Math.Min(entry.Length, LogLength - position);
        file.Write(Megabyte + position, entry.AsSpan(0, first));
        file.Write(Megabyte, entry.AsSpan(first));
        return (uint)((position + entry.Length) % LogLength);
    }

    private static void Activate(PageStore file)
    {
        CrashFile crash = new(file);
        VhdxHeaderPair headers = VhdxHeaderPair.Load(crash);
        headers.Update(crash, headers.Current with { LogGuid = s_log });
        byte[] both = new byte[VhdxLayout.FirstRegionTable];
        crash.Read(0, both);
        file.Write(0, both);
    }

    private PageStore Load() => PageStore.FromFile(_path);

    private void AssertContent(PageStore file, params (int Offset, int Value)[] expected)
    {
        byte[] ours = AssertOurs(file, expected);
        file.Save(_path);
        _ = QemuImage.Run("check", "-r", "all", "-f", "vhdx", _path);
        Assert.Equal("", DiskWorkload.Difference(ours, QemuImage.Read(_path)));
    }

    private static byte[] AssertOurs(PageStore file, params (int Offset, int Value)[] expected)
    {
        byte[] ours;
        using (IDisk readOnly = DiskFileFormats.Open(new CrashFile(file, readOnly: true), DiskFormat.Vhdx))
        {
            ours = DiskWorkload.ReadAll(readOnly);
        }

        foreach ((int offset, int value) in expected)
        {
            // The block begins at 4 MB.
            Assert.Equal(Filled(value), ours.AsSpan((int)(Place - (4 * Megabyte)) + offset, 4096).ToArray());
        }

        using IDisk replayed = DiskFileFormats.Open(new CrashFile(file), DiskFormat.Vhdx);
        Assert.Equal("", DiskWorkload.Difference(ours, DiskWorkload.ReadAll(replayed)));
        return ours;
    }
}
