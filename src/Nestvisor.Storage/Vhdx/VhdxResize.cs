using System.Buffers.Binary;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>Changes the size of a disk in place. One entry of the log makes the difference: before it the old size holds, after it the new one.</summary>
internal static class VhdxResize
{
    private const int EntriesPerSector = VhdxLayout.Sector / sizeof(ulong);

    /// <summary>Changes the size. The disk has to be disposed afterwards.</summary>
    public static void Run(VhdxDisk disk, long size, IProgress<int>? progress, CancellationToken cancellation)
    {
        VhdxImage image = disk.Image;
        VhdxMetadata old = image.Metadata;
        VhdxMetadata changed = old with { Size = size };
        disk.Begin();
        cancellation.ThrowIfCancellationRequested();
        if (size > old.Size)
        {
            ClearTail(disk);
            Grow(disk, changed, progress, cancellation);
        }
        else
        {
            image.Log.Commit(SizeChange(image, size));
            ClearEntries(image, changed.TableEntries, old.TableEntries);
            image.Log.Close();
            image.Reload();
            TruncateEnd(image, new VhdxBlockStore(image));
        }

        progress?.Report(100);
    }

    /// <summary>Gives back what is behind the last range that is used. The log is empty: its entries say how long the file was.</summary>
    public static void TruncateEnd(VhdxImage image, VhdxBlockStore store)
    {
        image.Log.Close();
        foreach ((long offset, long length) in store.Space.FreeRanges())
        {
            _ = offset >= image.File.Length || image.File.TryPunchHole(offset, Math.Min(length, image.File.Length - offset));
        }

        if (store.Space.LastTaken() < image.File.Length)
        {
            image.File.SetLength(store.Space.LastTaken());
            image.File.Flush();
        }
    }

    // What the last block holds behind the old end was never part of the disk.
    private static void ClearTail(VhdxDisk disk)
    {
        VhdxMetadata metadata = disk.Image.Metadata;
        int inside = (int)(metadata.Size % metadata.BlockSize);
        if (inside != 0 && disk.Store.TryGetPlace(metadata.Blocks - 1, out long place))
        {
            IDiskFile file = disk.Image.File;
            if (file.Length < place + metadata.BlockSize)
            {
                file.SetLength(place + metadata.BlockSize);
            }

            file.WriteZeroes(place + inside, metadata.BlockSize - inside);
        }
    }

    private static void Grow(VhdxDisk disk, VhdxMetadata changed, IProgress<int>? progress, CancellationToken cancellation)
    {
        VhdxImage image = disk.Image;
        VhdxMetadata old = image.Metadata;
        VhdxRegions.Entry region = image.Regions.Bat;
        List<(long Offset, byte[] Sector)> changes = SizeChange(image, changed.Size);
        long needed = VhdxLayout.RoundUp(changed.TableEntries * sizeof(ulong));
        long table = region.Offset;
        bool moves = needed > region.Length;
        if (moves)
        {
            table = CopyTable(disk, needed);
            byte[] regions = image.Regions.WithBat(table, needed);
            changes.AddRange(Differences(image.File, VhdxLayout.FirstRegionTable, regions));
            changes.AddRange(Differences(image.File, VhdxLayout.SecondRegionTable, regions));
        }
        else
        {
            // An earlier size, or another program, may have left entries behind the end.
            ClearEntries(image, old.TableEntries, changed.TableEntries);
        }

        if (changed.IsFixed)
        {
            AddBlocks(disk, changed, table, moves, progress, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        image.Log.Commit(changes);
    }

    private static long CopyTable(VhdxDisk disk, long length)
    {
        IDiskFile file = disk.Image.File;
        long table = disk.Store.Space.End * VhdxLayout.Megabyte;
        _ = disk.Store.Space.TryTake(table, length);
        file.Reserve(table, length);
        long sectors = (disk.Image.Metadata.TableEntries + EntriesPerSector - 1) / EntriesPerSector;
        for (int i = 0; i < sectors; i++)
        {
            file.Write(table + ((long)i * VhdxLayout.Sector), disk.Store.Table.GetSector(i));
        }

        // Entries of the last sector that the old size does not use.
        long end = disk.Image.Metadata.TableEntries;
        file.WriteZeroes(table + (end * sizeof(ulong)), length - (end * sizeof(ulong)));
        return table;
    }

    private static void AddBlocks(
        VhdxDisk disk, VhdxMetadata changed, long table, bool tableIsNew, IProgress<int>? progress, CancellationToken cancellation)
    {
        VhdxImage image = disk.Image;
        long first = image.Metadata.Blocks;
        SortedDictionary<long, byte[]> sectors = [];
        for (long block = first; block < changed.Blocks; block++)
        {
            cancellation.ThrowIfCancellationRequested();
            long place = disk.Store.Space.End * VhdxLayout.Megabyte;
            _ = disk.Store.Space.TryTake(place, changed.BlockSize);
            image.File.Reserve(place, changed.BlockSize);
            long entry = block + (block / changed.ChunkRatio);
            long sector = table + (entry / EntriesPerSector * VhdxLayout.Sector);
            if (!sectors.TryGetValue(sector, out byte[]? bytes))
            {
                WriteOut();
                bytes = new byte[VhdxLayout.Sector];
                image.File.Read(sector, bytes);
                sectors[sector] = bytes;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)(entry % EntriesPerSector) * sizeof(ulong)), VhdxBlockEntry.At(place).Value);
            progress?.Report((int)((block - first) * 100 / (changed.Blocks - first)));
        }

        WriteOut();

        void WriteOut()
        {
            foreach ((long offset, byte[] bytes) in sectors)
            {
                if (tableIsNew)
                {
                    image.File.Write(offset, bytes);
                }
                else
                {
                    // The sector may hold entries that count.
                    image.Log.Commit([(offset, bytes)]);
                }
            }

            sectors.Clear();
        }
    }

    private static void ClearEntries(VhdxImage image, long from, long to)
    {
        List<(long Offset, byte[] Sector)> changes = [];
        for (long sector = from / EntriesPerSector; sector * EntriesPerSector < to; sector++)
        {
            byte[] bytes = new byte[VhdxLayout.Sector];
            long offset = image.Regions.Bat.Offset + (sector * VhdxLayout.Sector);
            image.File.Read(offset, bytes);
            Span<byte> unused = bytes.AsSpan((int)Math.Max(0, from - (sector * EntriesPerSector)) * sizeof(ulong));
            if (unused.ContainsAnyExcept((byte)0))
            {
                unused.Clear();
                changes.Add((offset, bytes));
            }

            if (changes.Count == VhdxLogWriter.MaxChanges)
            {
                image.Log.Commit(changes);
                changes = [];
            }
        }

        if (changes.Count != 0)
        {
            image.Log.Commit(changes);
        }
    }

    private static List<(long Offset, byte[] Sector)> SizeChange(VhdxImage image, long size)
    {
        Span<byte> value = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(value, size);
        return image.Patch(image.Metadata.Places[VhdxMetadata.VirtualDiskSize], value);
    }

    private static IEnumerable<(long Offset, byte[] Sector)> Differences(IDiskFile file, long offset, byte[] content)
    {
        byte[] present = new byte[content.Length];
        file.Read(offset, present);
        for (int i = 0; i < content.Length; i += VhdxLayout.Sector)
        {
            if (!content.AsSpan(i, VhdxLayout.Sector).SequenceEqual(present.AsSpan(i, VhdxLayout.Sector)))
            {
                yield return (offset + i, content[i..(i + VhdxLayout.Sector)]);
            }
        }
    }
}
