using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>Finds the entries of the log that count, and carries them out (MS-VHDX §2.3.2 and §2.3.3).</summary>
internal static class VhdxLogReplay
{
    private const int BudgetFactor = 8;
    private const long BudgetBase = 64L << 20;

    /// <summary>Carries the log out in the file; afterwards it still counts, until the header says otherwise.</summary>
    /// <exception cref="DiskException">The log is broken, or the file was cut off.</exception>
    public static void Run(IDiskFile file, VhdxHeader header)
    {
        List<VhdxLogEntry> entries = FindActive(file, header);
        long length = CheckLength(file, entries);
        if (length > file.Length)
        {
            file.SetLength(length);
        }

        foreach (VhdxLogEntry entry in entries)
        {
            entry.ForEach(
                (offset, count) =>
                {
                    CheckTarget(file.Path, header, length, offset, count);
                    if (!file.TryPunchHole(offset, count))
                    {
                        file.WriteZeroes(offset, count);
                    }
                },
                (offset, sector) =>
                {
                    CheckTarget(file.Path, header, length, offset, sector.Length);
                    file.Write(offset, sector);
                });
        }

        file.Flush();
    }

    /// <summary>Lays what the log says over a file that is not to be changed.</summary>
    /// <exception cref="DiskException">The log is broken, or the file was cut off.</exception>
    public static IDiskFile Overlay(IDiskFile file, VhdxHeader header)
    {
        List<VhdxLogEntry> entries = FindActive(file, header);
        long length = CheckLength(file, entries);
        VhdxOverlayFile overlay = new(file, Math.Max(length, file.Length));
        foreach (VhdxLogEntry entry in entries)
        {
            entry.ForEach(
                (offset, count) =>
                {
                    CheckTarget(file.Path, header, length, offset, count);
                    overlay.AddZeros(offset, count);
                },
                (offset, sector) =>
                {
                    CheckTarget(file.Path, header, length, offset, sector.Length);
                    overlay.AddSector(offset, sector);
                });
        }

        return overlay;
    }

    /// <summary>
    /// The active sequence from its tail on: of all runs of entries with consecutive numbers whose last one names an entry of the run as its
    /// tail, the one with the largest number.
    /// </summary>
    private static List<VhdxLogEntry> FindActive(IDiskFile file, VhdxHeader header)
    {
        if (header.LogLength > VhdxLayout.MaxLogLength)
        {
            throw DiskErrors.NotSupported(
                file.Path, $"its log of {header.LogLength >> 20} MB has not been carried out, and only logs up to {VhdxLayout.MaxLogLength >> 20} MB can be",
                "Open it once with what has made it.");
        }

        long budget = BudgetBase + ((long)header.LogLength * BudgetFactor);
        List<VhdxLogEntry> active = [];
        long position = 0;
        while (position < header.LogLength)
        {
            // One run, which may go on at the log's beginning but not over itself.
            List<(uint Position, VhdxLogEntry Entry)> run = [];
            long used = 0;
            while (used < header.LogLength)
            {
                uint next = (uint)((position + used) % header.LogLength);
                VhdxLogEntry? entry = VhdxLogEntry.TryRead(file, header, next, ref budget);
                if (entry is null || used + entry.Length > header.LogLength
                    || (run.Count != 0 && entry.SequenceNumber != run[^1].Entry.SequenceNumber + 1))
                {
                    break;
                }

                run.Add((next, entry));
                used += entry.Length;
            }

            if (run.Count == 0)
            {
                position += VhdxLayout.Sector;
                continue;
            }

            position += used;
            int tail = run.FindIndex(item => item.Position == run[^1].Entry.Tail);
            if (tail >= 0 && (active.Count == 0 || run[^1].Entry.SequenceNumber > active[^1].SequenceNumber))
            {
                active = [.. run.Skip(tail).Select(item => item.Entry)];
            }
        }

        return active.Count != 0 ? active : throw DiskErrors.Damaged(file.Path, "its log has changes to be carried out, and none of them is whole");
    }

    private static long CheckLength(IDiskFile file, List<VhdxLogEntry> entries)
    {
        ulong needed = 0, last = 0;
        foreach (VhdxLogEntry entry in entries)
        {
            needed = Math.Max(needed, entry.FlushedFileOffset);
            last = Math.Max(last, entry.LastFileOffset);
        }

        if (needed > (ulong)file.Length)
        {
            throw DiskErrors.Damaged(file.Path, $"it has {file.Length} bytes, and its log says that it had {needed}; it was cut off");
        }

        return last <= (ulong)VhdxLayout.MaxFileLength
            ? Math.Max((long)last, file.Length)
            : throw DiskErrors.Damaged(file.Path, $"its log says that it has {last} bytes");
    }

    // The log changes neither the headers nor itself, and nothing outside the file.
    private static void CheckTarget(string path, VhdxHeader header, long length, long offset, long count)
    {
        long log = (long)header.LogOffset;
        if (offset < VhdxLayout.FirstRegionTable || count < 0 || offset > length - count || (offset < log + header.LogLength && offset + count > log))
        {
            throw DiskErrors.Damaged(path, $"its log changes {count} bytes at {offset}, which it must not");
        }
    }
}
