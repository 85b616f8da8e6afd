namespace Nestvisor.Storage.Files;

/// <summary>Copies disks and leaves out what is zeros.</summary>
internal static class DiskCopy
{
    private const int Piece = 1 << 20;

    /// <summary>Copies into a disk that reads as zeros.</summary>
    /// <param name="source">From where.</param>
    /// <param name="target">To where.</param>
    /// <param name="length">Bytes, from the beginning on.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static void Run(IDisk source, IDisk target, long length, IProgress<int>? progress, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Piece];
        for (long offset = 0; offset < length;)
        {
            long end = length;
            if (source is ISparseDisk sparse && !sparse.FindData(offset, out offset, out end))
            {
                break;
            }

            end = Math.Min(end, length);
            while (offset < end)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(end - offset, Piece - (offset % Piece)));
                source.Read(offset, part);
                if (part.ContainsAnyExcept((byte)0))
                {
                    target.Write(offset, part);
                }

                offset += part.Length;
                progress?.Report((int)(offset / (length / 100 + 1)));
            }
        }
    }

    /// <summary>Whether a disk is all zeros from some place on.</summary>
    public static bool IsZeroFrom(IDisk disk, long from, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Piece];
        for (long offset = from; offset < disk.Length;)
        {
            long end = disk.Length;
            if (disk is ISparseDisk sparse && !sparse.FindData(offset, out offset, out end))
            {
                return true;
            }

            while (offset < end)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(end - offset, Piece));
                disk.Read(offset, part);
                if (part.ContainsAnyExcept((byte)0))
                {
                    return false;
                }

                offset += part.Length;
            }
        }

        return true;
    }
}
