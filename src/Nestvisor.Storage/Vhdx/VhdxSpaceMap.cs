using System.Numerics;

namespace Nestvisor.Storage.Vhdx;

/// <summary>Which megabytes of the file are taken. Blocks and regions begin at whole megabytes (MS-VHDX §2.1).</summary>
internal sealed class VhdxSpaceMap
{
    private ulong[] _taken;
    private long _searchFrom;

    /// <summary>Creates a map of a file in which nothing is taken.</summary>
    /// <param name="fileLength">Bytes of the file.</param>
    public VhdxSpaceMap(long fileLength)
    {
        End = VhdxLayout.RoundUp(fileLength) / VhdxLayout.Megabyte;
        _taken = new ulong[(End / 64) + 1];
    }

    /// <summary>The megabyte behind the file, or behind what has been taken last.</summary>
    public long End { get; private set; }

    /// <summary>Takes a range; false if some of it was taken already.</summary>
    public bool TryTake(long offset, long length)
    {
        long first = offset / VhdxLayout.Megabyte;
        long last = first + (VhdxLayout.RoundUp(length) / VhdxLayout.Megabyte);
        Grow(last);
        for (long i = first; i < last; i++)
        {
            if (IsTaken(i))
            {
                return false;
            }

            _taken[i / 64] |= 1UL << (int)(i % 64);
        }

        return true;
    }

    /// <summary>Gives a range back.</summary>
    public void Free(long offset, long length)
    {
        long first = offset / VhdxLayout.Megabyte;
        for (long i = first; i < first + (length / VhdxLayout.Megabyte); i++)
        {
            _taken[i / 64] &= ~(1UL << (int)(i % 64));
        }

        _searchFrom = Math.Min(_searchFrom, first);
    }

    /// <summary>Takes the first free range, if need be at the end; its offset in the file.</summary>
    /// <remarks>All ranges are blocks of one length, so that what is too short before the place of search stays too short.</remarks>
    public long Take(long length)
    {
        long offset = Find(length, long.MaxValue);
        _ = TryTake(offset, length);
        _searchFrom = (offset + length) / VhdxLayout.Megabyte;
        return offset;
    }

    /// <summary>The first free range that ends at or before a limit, else one at the end.</summary>
    public long Find(long length, long limit)
    {
        long count = length / VhdxLayout.Megabyte;
        long run = 0;
        for (long i = _searchFrom; i < End; i++)
        {
            if (i * VhdxLayout.Megabyte >= limit)
            {
                return End * VhdxLayout.Megabyte;
            }

            if (run == 0 && i % 64 == 0 && _taken[i / 64] == ulong.MaxValue)
            {
                i += 63;
                continue;
            }

            run = IsTaken(i) ? 0 : run + 1;
            if (run == count)
            {
                return (i + 1 - count) * VhdxLayout.Megabyte;
            }
        }

        return (End - run) * VhdxLayout.Megabyte;
    }

    /// <summary>The byte behind the last range that is taken.</summary>
    public long LastTaken()
    {
        for (long i = _taken.Length - 1; i >= 0; i--)
        {
            if (_taken[i] != 0)
            {
                return ((i * 64) + 64 - BitOperations.LeadingZeroCount(_taken[i])) * VhdxLayout.Megabyte;
            }
        }

        return 0;
    }

    /// <summary>Gives all ranges of the file that nobody has taken.</summary>
    public IEnumerable<(long Offset, long Length)> FreeRanges()
    {
        long start = -1;
        for (long i = 0; i <= End; i++)
        {
            bool free = i < End && !IsTaken(i);
            if (free && start < 0)
            {
                start = i;
            }
            else if (!free && start >= 0)
            {
                yield return (start * VhdxLayout.Megabyte, (i - start) * VhdxLayout.Megabyte);
                start = -1;
            }
        }
    }

    private bool IsTaken(long megabyte) => (_taken[megabyte / 64] >> (int)(megabyte % 64) & 1) != 0;

    private void Grow(long end)
    {
        if (end > End)
        {
            End = end;
            if (end / 64 >= _taken.Length)
            {
                Array.Resize(ref _taken, (int)Math.Max((end / 64) + 1, _taken.Length * 2L));
            }
        }
    }
}
