using System.Buffers.Binary;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>The region table (MS-VHDX §2.2.3), which has a copy. Changes go through the log.</summary>
internal sealed class VhdxRegions
{
    private const uint Signature = 0x6967_6572; // "regi"
    private const int HeaderSize = 16;
    private const uint Required = 1;

    private readonly byte[] _table;
    private readonly List<Entry> _entries;

    private VhdxRegions(byte[] table, List<Entry> entries)
    {
        _table = table;
        _entries = entries;
    }

    /// <summary>All regions, also those that are not known and not required.</summary>
    public IReadOnlyList<Entry> All => _entries;

    /// <summary>The block allocation table.</summary>
    public Entry Bat => _entries.Find(entry => entry.Id == VhdxLayout.BatRegion)!;

    /// <summary>The metadata.</summary>
    public Entry Metadata => _entries.Find(entry => entry.Id == VhdxLayout.MetadataRegion)!;

    /// <summary>Reads the table, or its copy if it is broken.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header; the log is a region too.</param>
    /// <exception cref="DiskException">Both are broken, or it has regions that are unknown, missing, outside or overlapping.</exception>
    public static VhdxRegions Load(IDiskFile file, VhdxHeader header)
    {
        byte[] table = new byte[VhdxLayout.TableSize];
        file.Read(VhdxLayout.FirstRegionTable, table);
        if (!IsWhole(table))
        {
            file.Read(VhdxLayout.SecondRegionTable, table);
            if (!IsWhole(table))
            {
                throw DiskErrors.Damaged(file.Path, "both of its region tables are broken");
            }
        }

        int count = BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(8));
        List<Entry> entries = new(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = table.AsSpan(HeaderSize + (i * VhdxLayout.TableEntrySize), VhdxLayout.TableEntrySize);
            Guid id = new(bytes[..16]);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]);
            bool known = id == VhdxLayout.BatRegion || id == VhdxLayout.MetadataRegion;
            if (!known && (BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]) & Required) != 0)
            {
                throw DiskErrors.NotSupported(file.Path, $"it has the unknown required region {id}", "Convert it with what has made it.");
            }

            if (offset < VhdxLayout.HeaderSectionEnd || offset % VhdxLayout.Megabyte != 0 || length % VhdxLayout.Megabyte != 0 || length == 0
                || offset > (ulong)file.Length || length > (ulong)file.Length - offset)
            {
                throw DiskErrors.Damaged(file.Path, $"its region {id} of {length} bytes at {offset} is not inside the file");
            }

            if (entries.Exists(entry => entry.Id == id))
            {
                throw DiskErrors.Damaged(file.Path, $"it has the region {id} twice");
            }

            entries.Add(new Entry(id, (long)offset, length, i));
        }

        VhdxRegions regions = new(table, entries);
        regions.CheckOverlaps(file.Path, header);
        return regions;
    }

    /// <summary>The table with the block allocation table elsewhere; 64 KB for both places.</summary>
    public byte[] WithBat(long offset, long length)
    {
        byte[] table = (byte[])_table.Clone();
        Span<byte> entry = table.AsSpan(HeaderSize + (Bat.Index * VhdxLayout.TableEntrySize), VhdxLayout.TableEntrySize);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], (uint)length);
        VhdxChecksum.Set(table);
        return table;
    }

    /// <summary>A table with the two regions that each file has.</summary>
    public static byte[] Create(long batOffset, long batLength, long metadataOffset)
    {
        byte[] table = new byte[VhdxLayout.TableSize];
        BinaryPrimitives.WriteUInt32LittleEndian(table, Signature);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(8), 2);
        Write(table.AsSpan(HeaderSize), VhdxLayout.BatRegion, batOffset, batLength);
        Write(table.AsSpan(HeaderSize + VhdxLayout.TableEntrySize), VhdxLayout.MetadataRegion, metadataOffset, VhdxLayout.Megabyte);
        VhdxChecksum.Set(table);
        return table;
    }

    private static void Write(Span<byte> entry, Guid id, long offset, long length)
    {
        _ = id.TryWriteBytes(entry);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], (uint)length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], Required);
    }

    private static bool IsWhole(ReadOnlySpan<byte> table) =>
        BinaryPrimitives.ReadUInt32LittleEndian(table) == Signature
            && BinaryPrimitives.ReadUInt32LittleEndian(table[8..]) <= VhdxLayout.MaxTableEntries
            && VhdxChecksum.IsRight(table);

    private void CheckOverlaps(string path, VhdxHeader header)
    {
        if (Bat is null || Metadata is null)
        {
            throw DiskErrors.Damaged(path, $"it has no {(Bat is null ? "block allocation table" : "metadata")}");
        }

        List<(long Start, long End)> ranges = [((long)header.LogOffset, (long)header.LogOffset + header.LogLength)];
        ranges.AddRange(_entries.Select(entry => (entry.Offset, entry.Offset + entry.Length)));
        ranges.Sort();
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Start < ranges[i - 1].End)
            {
                throw DiskErrors.Damaged(path, $"two of its regions overlap at byte {ranges[i].Start}");
            }
        }
    }

    /// <summary>A region.</summary>
    /// <param name="Id">What it is.</param>
    /// <param name="Offset">Its first byte in the file.</param>
    /// <param name="Length">Its bytes.</param>
    /// <param name="Index">Its place in the table.</param>
    public sealed record Entry(Guid Id, long Offset, long Length, int Index);
}
