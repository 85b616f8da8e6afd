using System.Buffers.Binary;

namespace Nestvisor.Machine.Boot;

/// <summary>Unpacks the LZ4 legacy frame, as Linux's kernels carry it: a mark, then blocks of up to 8 MiB with their lengths.</summary>
internal static class Lz4Legacy
{
    private const uint Mark = 0x184C_2102;
    private const int BlockSize = 8 << 20;
    private const int MinimumMatch = 4;

    /// <summary>Whether data begin with the frame's mark.</summary>
    public static bool IsFrame(ReadOnlySpan<byte> data) => data.Length >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(data) == Mark;

    /// <summary>Unpacks a frame.</summary>
    /// <param name="source">The frame, perhaps with something behind it.</param>
    /// <param name="target">Room for the unpacked bytes, whose number is known.</param>
    /// <returns>False if the frame is damaged or holds fewer bytes.</returns>
    public static bool TryUnpack(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (!IsFrame(source))
        {
            return false;
        }

        source = source[4..];
        while (target.Length != 0)
        {
            if (source.Length < 4)
            {
                return false;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(source);
            source = source[4..];
            if (length > source.Length)
            {
                return false;
            }

            int block = UnpackBlock(source[..(int)length], target[..Math.Min(target.Length, BlockSize)]);
            if (block <= 0)
            {
                return false;
            }

            source = source[(int)length..];
            target = target[block..];
        }

        return true;
    }

    // LZ4 block format: literals, then a match within the block, each length in a nibble that bytes of 255 continue.
    private static int UnpackBlock(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0;
        int to = 0;
        while (from < source.Length)
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
