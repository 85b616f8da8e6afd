using System.Buffers.Binary;
using Nestvisor.Storage.Files;
using Nestvisor.Storage.Tests.Fakes;
using Nestvisor.Storage.Vhd;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Tests;

/// <summary>
/// Fields of disk files with values that are wrong, check sums put right as an attacker would: an error that is one of a disk, or a disk that works,
/// and in either case an end.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    // More than opening a file of a few megabytes and some requests could need.
    private const long MostBytes = 256L << 20;
    private const long MostMemory = 256L << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.vhdx", false)]
    [InlineData("a.vhdx", true)]
    [InlineData("a.vhd", false)]
    [InlineData("fixed.vhd", false)]
    public void EachField_EachExtreme_IsAnErrorOrADisk(string name, bool dirty)
    {
        PageStore file = MakeFile(name, dirty);
        int cases = 0, refused = 0;
        foreach ((long offset, int size) in FieldsOf(name, file))
        {
            foreach (ulong value in (ReadOnlySpan<ulong>)
                [0, 1, 2, 3, 7, 512, 4096, Megabyte, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, ulong.MaxValue, ulong.MaxValue / 2, 1UL << 63, 1UL << 40, 0xFFFFFFFFFFF00006])
            {
                for (int i = 0; i < 2; i++)
                {
                    PageStore damaged = file.Clone();
                    Put(damaged, name, offset, size, value);
                    Repair(damaged, name, i == 0);
                    refused += Try(damaged, name, readOnly: i == 0, $"{value:X} in {size} bytes at {offset:X}") ? 0 : 1;
                    cases++;
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cases, {refused} refused");
        Assert.InRange(refused, cases / 10, cases - 1);
    }

    [Theory]
    [InlineData("a.vhdx", false, 1)]
    [InlineData("a.vhdx", true, 2)]
    [InlineData("a.vhd", false, 3)]
    [InlineData("fixed.vhd", false, 4)]
    public void SomeFields_Random_AreAnErrorOrADisk(string name, bool dirty, int seed)
    {
        PageStore file = MakeFile(name, dirty);
        List<(long Offset, int Size)> fields = FieldsOf(name, file);
        Random random = new(seed);
        int refused = 0;
        const int cases = 8000;
        for (int i = 0; i < cases; i++)
        {
            PageStore damaged = file.Clone();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                (long offset, int size) = fields[random.Next(fields.Count)];
                ulong value = random.Next(4) switch
                {
                    0 => (ulong)random.NextInt64(),
                    1 => (ulong)random.Next(64) << random.Next(58),
                    2 => (ulong)random.Next(64) * (uint)Megabyte,
                    _ => 1UL << random.Next(64),
                };
                Put(damaged, name, offset, size, value);
            }

            if (random.Next(20) == 0)
            {
                damaged.SetLength(random.NextInt64(damaged.Length));
            }

            Repair(damaged, name, random.Next(10) != 0);
            refused += Try(damaged, name, random.Next(2) == 0, $"case {i}") ? 0 : 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cases, {refused} refused");
        Assert.InRange(refused, cases / 20, cases - 1);
    }

    [Theory]
    [InlineData("a.vhdx")]
    [InlineData("a.vhd")]
    [InlineData("fixed.vhd")]
    public void File_CutOffAnywhere_IsAnErrorOrTheSameDisk(string name)
    {
        PageStore file = MakeFile(name, dirty: false);
        Random random = new(5);
        for (int i = 0; i < 300; i++)
        {
            PageStore cut = file.Clone();
            cut.SetLength(i < 20 ? i * 512 : random.NextInt64(file.Length));
            _ = Try(cut, name, readOnly: i % 2 == 0, $"{cut.Length} bytes");
        }
    }

    // False if it was refused.
    private static bool Try(PageStore content, string name, bool readOnly, string what)
    {
        CrashFile file = new(content, readOnly);
        long memory = GC.GetAllocatedBytesForCurrentThread();
        bool works = true;
        try
        {
            using IDisk disk = DiskFileFormats.Open(file, VirtualDisk.FormatOf(name));
            byte[] data = new byte[4096];
            Random random = new(1);
            for (int i = 0; i < 4; i++)
            {
                long offset = i == 0 ? 0 : random.NextInt64(Math.Max(1, disk.Length - data.Length));
                Span<byte> part = data.AsSpan(0, (int)Math.Min(data.Length, disk.Length - offset));
                disk.Read(offset, part);
                if (!readOnly)
                {
                    disk.Write(offset, part);
                    disk.WriteZeroes(offset, part.Length, mayDiscard: true);
                    disk.Discard(offset, part.Length);
                    disk.Flush();
                }
            }
        }
        catch (IOException error)
        {
            works = false;
            Assert.False(string.IsNullOrWhiteSpace(error.Message), what);
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{what}: {error}");
        }

        Assert.True(file.Moved <= MostBytes, $"{what}: {file.Moved} bytes were read or written");
        memory = GC.GetAllocatedBytesForCurrentThread() - memory;
        Assert.True(memory <= MostMemory, $"{what}: {memory} bytes were allocated");
        return works;
    }

    private PageStore MakeFile(string name, bool dirty)
    {
        string path = Path.Combine(_folder, name);
        bool isFixed = name.StartsWith("fixed", StringComparison.Ordinal);
        Disks.Create(new VirtualDiskCreation
        {
            Path = path,
            Size = 20 * Megabyte,
            Type = isFixed ? DiskType.Fixed : DiskType.Dynamic,
            BlockSize = VirtualDisk.FormatOf(path) == DiskFormat.Vhdx ? Megabyte : 0,
        });
        CrashFile file = new(PageStore.FromFile(path));
        IDisk disk = DiskFileFormats.Open(file, VirtualDisk.FormatOf(path));
        for (int block = 0; block < 20; block += 3)
        {
            disk.Write(block * (long)Megabyte, DiskWorkload.Stamp(block, 1));
            disk.Flush();
        }

        if (!dirty)
        {
            disk.Dispose();
        }

        // Else it is as after a crash: the log counts.
        return file.Content;
    }

    private static List<(long Offset, int Size)> FieldsOf(string name, PageStore file)
    {
        List<(long, int)> fields = [];
        if (VirtualDisk.FormatOf(name) == DiskFormat.Vhd)
        {
            foreach (long footer in (long[])[0, file.Length - VhdFooter.Size])
            {
                Add(footer, 8, 4, 4, 8, 4, 4, 4, 4, 8, 8, 4, 4, 4, 8);
            }

            Add(512, 8, 8, 8, 4, 4, 4, 4);
            Add(1536, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4);
            return fields;
        }

        Add(0, 8);
        Add(VhdxLayout.FirstHeader, 4, 4, 8, 8, 8, 8, 8, 8, 8, 2, 2, 4, 8);
        Add(VhdxLayout.SecondHeader, 4, 4, 8, 8, 8, 8, 8, 8, 8, 2, 2, 4, 8);
        Add(VhdxLayout.FirstRegionTable, 4, 4, 4, 4, 8, 8, 8, 4, 4, 8, 8, 8, 4, 4);

        // Metadata: the table with its five entries and one behind them, and the values.
        Add((2 * Megabyte) + 8, 2, 2);
        for (int i = 1; i <= 6; i++)
        {
            Add((2 * Megabyte) + (i * 32), 8, 8, 4, 4, 4);
        }

        Add((2 * Megabyte) + VhdxLayout.TableSize, 4, 4, 8, 8, 8, 4, 4);
        Add(3 * Megabyte, [.. Enumerable.Repeat(8, 20)]);

        // The log: entries of two sectors.
        for (int entry = 0; entry < 8; entry++)
        {
            Add(Megabyte + (entry * 2L * VhdxLayout.Sector), 4, 4, 4, 4, 8, 4, 4, 8, 8, 8, 8, 4, 4, 8, 8, 8);
            Add(Megabyte + (((entry * 2L) + 1) * VhdxLayout.Sector), 4, 4, 8);
        }

        return fields;

        void Add(long offset, params int[] sizes)
        {
            foreach (int size in sizes)
            {
                fields.Add((offset, size));
                offset += size;
            }
        }
    }

    private static void Put(PageStore file, string name, long offset, int size, ulong value)
    {
        byte[] bytes = new byte[8];
        if (VirtualDisk.FormatOf(name) == DiskFormat.Vhd)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            file.Write(offset, bytes.AsSpan(8 - size));
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            file.Write(offset, bytes.AsSpan(0, size));
        }
    }

    private static void Repair(PageStore file, string name, bool wanted)
    {
        if (!wanted)
        {
            return;
        }

        if (VirtualDisk.FormatOf(name) == DiskFormat.Vhd)
        {
            On(file, 0, 512, bytes => VhdChecksum.Set(bytes, 64));
            On(file, file.Length - 512, 512, bytes => VhdChecksum.Set(bytes, 64));
            On(file, 512, 1024, bytes => VhdChecksum.Set(bytes, 36));
            return;
        }

        On(file, VhdxLayout.FirstHeader, VhdxLayout.Sector, VhdxChecksum.Set);
        On(file, VhdxLayout.SecondHeader, VhdxLayout.Sector, VhdxChecksum.Set);
        On(file, VhdxLayout.FirstRegionTable, VhdxLayout.TableSize, VhdxChecksum.Set);
        for (int entry = 0; entry < 8; entry++)
        {
            On(file, Megabyte + (entry * 2L * VhdxLayout.Sector), 2 * VhdxLayout.Sector, VhdxChecksum.Set);
        }
    }

    private static void On(PageStore file, long offset, int length, SpanAction set)
    {
        if (offset < 0 || offset + length > file.Length)
        {
            return;
        }

        byte[] bytes = new byte[length];
        file.Read(offset, bytes);
        if (bytes.AsSpan().ContainsAnyExcept((byte)0))
        {
            set(bytes);
            file.Write(offset, bytes);
        }
    }

    private delegate void SpanAction(Span<byte> bytes);
}
