using System.Buffers.Binary;

namespace Nestvisor.Storage.Files;

/// <summary>Reads from a partition table how much of a disk the partitions need. The guest has written it: everything is checked, nothing is believed.</summary>
internal static class PartitionTable
{
    private const int MbrEntries = 446;
    private const int MbrEntrySize = 16;
    private const byte Protective = 0xEE;
    private const int MaxGptEntries = 1024;

    // GPT keeps a copy of its table and its header at the end: 16 KB and a sector.
    private const long GptCopyEntries = 16 << 10;

    /// <summary>The byte behind the last partition, with the room that GPT needs behind it; null if there is no table that is known.</summary>
    /// <param name="disk">The disk.</param>
    public static long? FindEnd(IDisk disk)
    {
        int sector = disk.SectorSize;
        if (disk.Length < 64 * 1024)
        {
            return null;
        }

        byte[] first = new byte[512];
        disk.Read(0, first);
        if (first[510] != 0x55 || first[511] != 0xAA)
        {
            return null;
        }

        long end = 0;
        for (int i = 0; i < 4; i++)
        {
            ReadOnlySpan<byte> entry = first.AsSpan(MbrEntries + (i * MbrEntrySize), MbrEntrySize);
            if (entry[4] == Protective)
            {
                return FindGptEnd(disk, sector);
            }

            // A boot sector of a file system looks like a table, but its entries say nonsense.
            if ((entry[0] & 0x7F) != 0)
            {
                return null;
            }

            long start = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) * (long)sector;
            long length = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]) * (long)sector;
            if (entry[4] != 0 && length != 0)
            {
                if (start == 0 || start + length > disk.Length)
                {
                    return null;
                }

                end = Math.Max(end, start + length);
            }
        }

        return end == 0 ? null : end;
    }

    private static long? FindGptEnd(IDisk disk, int sector)
    {
        byte[] header = new byte[512];
        disk.Read(sector, header);
        long table = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(72));
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80));
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
        if (!header.AsSpan(0, 8).SequenceEqual("EFI PART"u8) || count > MaxGptEntries || size is < 128 or > 4096
            || table < 2 || table > disk.Length / sector || count * (long)size > disk.Length - (table * sector))
        {
            return null;
        }

        byte[] entries = new byte[count * size];
        disk.Read(table * sector, entries);
        long end = (table * sector) + Math.Max(GptCopyEntries, entries.Length);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = entries.AsSpan(i * (int)size, 128);
            if (!entry[..16].ContainsAnyExcept((byte)0))
            {
                continue;
            }

            long last = BinaryPrimitives.ReadInt64LittleEndian(entry[40..]);
            if (last < 0 || last >= disk.Length / sector)
            {
                return null;
            }

            end = Math.Max(end, (last + 1) * sector);
        }

        return Math.Min(disk.Length, end + Math.Max(GptCopyEntries, entries.Length) + sector);
    }
}
