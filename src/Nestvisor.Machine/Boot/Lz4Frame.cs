using System.Buffers.Binary;

namespace Nestvisor.Machine.Boot;

/// <summary>
/// An LZ4 legacy frame, as Linux's kernels carry it: a mark, then blocks of 8 MiB with their lengths. It is unpacked block by block while
/// it is read: the whole of a kernel would be more new memory than the guest's first milliseconds have time for.
/// </summary>
internal sealed class Lz4Frame
{
    private const uint Mark = 0x184C_2102;
    private const int BlockSize = 8 << 20;
    private const int LargestPackedBlock = BlockSize + (BlockSize / 255) + 16;
    private const int MinimumMatch = 4;

    private readonly BootImage _file;
    private readonly uint _size;
    private readonly List<(ulong Start, int Length)> _blocks;
    private byte[] _packed = [];
    private byte[] _unpacked = [];
    private int _current = -1;
    private int _valid;

    private Lz4Frame(BootImage file, uint size, List<(ulong, int)> blocks)
    {
        _file = file;
        _size = size;
        _blocks = blocks;
    }

    /// <summary>Whether a block turned out to be damaged.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Whether data begin with the frame's mark.</summary>
    public static bool IsFrame(ReadOnlySpan<byte> head) => head.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(head) == Mark;

    /// <summary>Finds the frame's blocks.</summary>
    /// <param name="file">The file that it is in.</param>
    /// <param name="start">Where it begins there.</param>
    /// <param name="length">Its bytes, perhaps with something behind it.</param>
    /// <param name="size">The number of unpacked bytes.</param>
    /// <returns>The frame; null if it is none or has another number of blocks.</returns>
    public static Lz4Frame? TryOpen(BootImage file, ulong start, ulong length, uint size)
    {
        Span<byte> word = stackalloc byte[4];
        if (length < 4 || !file.TryRead(start, word) || !IsFrame(word))
        {
            return null;
        }

        List<(ulong, int)> blocks = [];
        ulong at = 4;
        for (uint unpacked = 0; unpacked < size; unpacked += Math.Min(BlockSize, size - unpacked))
        {
            if (length - at < 4 || !file.TryRead(start + at, word))
            {
                return null;
            }

            uint packed = BinaryPrimitives.ReadUInt32LittleEndian(word);
            at += 4;
            if (packed > LargestPackedBlock || packed > length - at)
            {
                return null;
            }

            blocks.Add((start + at, (int)packed));
            at += packed;
        }

        return new Lz4Frame(file, size, blocks);
    }

    /// <summary>Reads unpacked bytes.</summary>
    /// <param name="offset">Offset among them; the range lies within.</param>
    /// <param name="target">Where to.</param>
    /// <returns>False if the frame is damaged.</returns>
    public bool TryRead(ulong offset, Span<byte> target)
    {
        while (target.Length != 0)
        {
            int within = (int)(offset % BlockSize);
            int count = Math.Min(target.Length, BlockSize - within);
            if (!TryUnpack((int)(offset / BlockSize), within + count))
            {
                IsDamaged = true;
                return false;
            }

            _unpacked.AsSpan(within, count).CopyTo(target);
            target = target[count..];
            offset += (ulong)count;
        }

        return true;
    }

    // Headers and notes are asked for first, so a block is not unpacked further than it is needed.
    private bool TryUnpack(int block, int needed)
    {
        if (block == _current && needed <= _valid)
        {
            return true;
        }

        if (_packed.Length == 0)
        {
            _packed = new byte[_blocks.Max(b => b.Length)];
            _unpacked = new byte[Math.Min(BlockSize, _size)];
        }

        Span<byte> packed = _packed.AsSpan(0, _blocks[block].Length);
        Span<byte> unpacked = _unpacked.AsSpan(0, (int)Math.Min(BlockSize, _size - ((uint)block * BlockSize)));
        if (block != _current && !_file.TryRead(_blocks[block].Start, packed))
        {
            _current = -1;
            return false;
        }

        _current = block;
        _valid = UnpackBlock(packed, unpacked, needed);
        return _valid >= needed;
    }

    // LZ4 block format: literals, then a match within the block, each length in a nibble that bytes of 255 continue.
    private static int UnpackBlock(ReadOnlySpan<byte> source, Span<byte> target, int needed)
    {
        int from = 0;
        int to = 0;
        while (from < source.Length && to < needed)
        {
            int token = source[from++];
            if (!TryReadLength(source, ref from, token >> 4, out int literals)
                || literals > source.Length - from || literals > target.Length - to)
            {
                return -1;
            }

            source.Slice(from, literals).CopyTo(target[to..]);
            from += literals;
            to += literals;
            if (from == source.Length)
            {
                break;
            }

            if (source.Length - from < 2)
            {
                return -1;
            }

            int distance = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
            from += 2;
            if (!TryReadLength(source, ref from, token & 15, out int match))
            {
                return -1;
            }

            match += MinimumMatch;
            if (distance == 0 || distance > to || match > target.Length - to)
            {
                return -1;
            }

            CopyMatch(target, to, distance, match);
            to += match;
        }

        return to;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> source, ref int from, int nibble, out int length)
    {
        length = nibble;
        if (nibble != 15)
        {
            return true;
        }

        while (from < source.Length && length < BlockSize)
        {
            byte more = source[from++];
            length += more;
            if (more != 255)
            {
                return true;
            }
        }

        return false;
    }

    // A match may reach into what it produces: it repeats the last bytes.
    private static void CopyMatch(Span<byte> target, int to, int distance, int length)
    {
        while (length > 0)
        {
            int count = Math.Min(distance, length);
            target.Slice(to - distance, count).CopyTo(target[to..]);
            to += count;
            length -= count;
            distance += count;
        }
    }
}
