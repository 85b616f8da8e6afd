using System.Buffers.Binary;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>
/// The block allocation table (MS-VHDX §2.5) in memory. Sectors of it that are all zeros take none, so that it needs no more memory than the
/// file has contents.
/// </summary>
internal sealed class VhdxBlockTable
{
    private const int EntriesPerSector = VhdxLayout.Sector / sizeof(ulong);
    private const int ReadAtOnce = VhdxLayout.Megabyte;

    private readonly long _chunkRatio;
    private readonly ulong[]?[] _sectors;
    private readonly HashSet<int> _dirty = [];

    private VhdxBlockTable(long entries, long chunkRatio)
    {
        _chunkRatio = chunkRatio;
        _sectors = new ulong[]?[(entries + EntriesPerSector - 1) / EntriesPerSector];
    }

    /// <summary>Whether there are changes that are not in the file.</summary>
    public bool IsDirty => _dirty.Count != 0;

    /// <summary>The entry of a payload block.</summary>
    public VhdxBlockEntry this[long block]
    {
        get
        {
            long index = block + (block / _chunkRatio);
            return new(_sectors[index / EntriesPerSector] is { } sector ? sector[index % EntriesPerSector] : 0);
        }

        set
        {
            long index = block + (block / _chunkRatio);
            int place = (int)(index / EntriesPerSector);
            (_sectors[place] ??= new ulong[EntriesPerSector])[index % EntriesPerSector] = value.Value;
            _dirty.Add(place);
        }
    }

    /// <summary>Reads the table.</summary>
    /// <exception cref="DiskException">It is larger than its region.</exception>
    public static VhdxBlockTable Load(IDiskFile file, VhdxRegions.Entry region, VhdxMetadata metadata)
    {
        long entries = metadata.TableEntries;
        if (entries * sizeof(ulong) > region.Length)
        {
            throw DiskErrors.Damaged(
                file.Path, $"a disk of {metadata.Size} bytes has {entries} blocks, and its block allocation table of {region.Length} bytes does not hold them");
        }

        VhdxBlockTable table = new(entries, metadata.ChunkRatio);
        byte[] bytes = new byte[Math.Min(ReadAtOnce, table._sectors.Length * (long)VhdxLayout.Sector)];
        for (int first = 0; first < table._sectors.Length; first += ReadAtOnce / VhdxLayout.Sector)
        {
            int count = Math.Min(ReadAtOnce / VhdxLayout.Sector, table._sectors.Length - first);
            file.Read(region.Offset + ((long)first * VhdxLayout.Sector), bytes.AsSpan(0, count * VhdxLayout.Sector));
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> sector = bytes.AsSpan(i * VhdxLayout.Sector, VhdxLayout.Sector);
                table._sectors[first + i] = sector.ContainsAnyExcept((byte)0) ? Parse(sector) : null;
            }
        }

        return table;
    }

    /// <summary>Whether the block and those behind it in the same sector of the table are all not there, and how many these are.</summary>
    public bool IsEmptyFrom(long block, out long count)
    {
        long index = block + (block / _chunkRatio);
        count = EntriesPerSector - (index % EntriesPerSector);

        // Entries of sector bitmaps are among them; one block fewer is always right.
        count = Math.Max(1, count - (count / _chunkRatio) - 1);
        return _sectors[index / EntriesPerSector] is null;
    }

    /// <summary>The sectors of the table that have changed since the last call.</summary>
    public List<int> TakeDirty()
    {
        List<int> dirty = [.. _dirty];
        dirty.Sort();
        _dirty.Clear();
        return dirty;
    }

    /// <summary>The bytes of a sector of the table.</summary>
    public byte[] GetSector(int sector)
    {
        byte[] bytes = new byte[VhdxLayout.Sector];
        if (_sectors[sector] is { } entries)
        {
            for (int i = 0; i < EntriesPerSector; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), entries[i]);
            }
        }

        return bytes;
    }

    private static ulong[] Parse(ReadOnlySpan<byte> bytes)
    {
        ulong[] entries = new ulong[EntriesPerSector];
        for (int i = 0; i < EntriesPerSector; i++)
        {
            entries[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        }

        return entries;
    }
}
