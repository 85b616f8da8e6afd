namespace Nestvisor.Storage.Tests;

/// <summary>Several threads use a disk at once, as the queues of devices do.</summary>
public sealed class ConcurrencyTests : IDisposable
{
    private const int Megabyte = 1 << 20;
    private const int Threads = 4;
    private const int Slice = 64 * 1024;
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Every thread has a slice of each block of 256 KB to itself; blocks come, go and move between them all.
    [Theory]
    [InlineData("a.vhdx", DiskType.Dynamic)]
    [InlineData("a.vhdx", DiskType.Fixed)]
    [InlineData("a.vhd", DiskType.Dynamic)]
    public void Requests_OfSeveralThreads_DoNotDisturbEachOther(string name, DiskType type)
    {
        string path = Path.Combine(_folder, name);
        Disks.Create(new VirtualDiskCreation { Path = path, Size = 16 * Megabyte, Type = type, BlockSize = VirtualDisk.FormatOf(path) == DiskFormat.Vhdx ? Megabyte : 0 });
        byte[] content = new byte[16 * Megabyte];
        using (IDisk disk = VirtualDisk.Open(path, readOnly: false))
        {
            Exception?[] failures = new Exception?[Threads];
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(n => new Thread(() => failures[n] = Record.Exception(() => Work(disk, content, n))))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Assert.All(failures, Assert.Null);
        }

        using (IDisk disk = VirtualDisk.Open(path, readOnly: true))
        {
            Assert.Equal("", DiskWorkload.Difference(content, DiskWorkload.ReadAll(disk)));
        }

        Assert.Equal("", DiskWorkload.Difference(content, QemuImage.Read(path)));
    }

    private static void Work(IDisk disk, byte[] content, int thread)
    {
        Random random = new(thread);
        byte[] buffer = new byte[Slice];
        for (int i = 0; i < 600; i++)
        {
            int length = random.Next(1, Slice);
            long offset = ((long)random.Next(16 * Megabyte / Slice / Threads) * Slice * Threads) + ((long)thread * Slice) + random.Next(Slice - length);
            Span<byte> mine = content.AsSpan((int)offset, length);
            Span<byte> data = buffer.AsSpan(0, length);
            switch (random.Next(8))
            {
                case 0:
                    disk.WriteZeroes(offset, length, mayDiscard: true);
                    mine.Clear();
                    break;
                case 1 when disk.CanDiscard:
                    disk.Discard(offset, length);
                    mine.Clear();
                    break;
                case 2 when i % 8 == 0:
                    disk.Flush();
                    break;
                case 3 or 4:
                    disk.Read(offset, data);
                    Assert.True(mine.SequenceEqual(data), $"thread {thread}, request {i}");
                    break;
                default:
                    random.NextBytes(data);
                    disk.Write(offset, data);
                    data.CopyTo(mine);
                    break;
            }
        }
    }
}
