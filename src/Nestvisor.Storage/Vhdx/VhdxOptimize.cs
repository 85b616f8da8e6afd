using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>
/// Makes the file of a dynamic disk shorter: blocks from its end move to free places before them, a few at a time, each time through the log. What the
/// guest sees is the same at any point.
/// </summary>
internal static class VhdxOptimize
{
    private const int MovesAtOnce = 16;
    private const int Piece = VhdxLayout.Megabyte;

    /// <summary>Optimizes a disk, which has to be disposed afterwards.</summary>
    public static void Run(VhdxDisk disk, bool findZeros, IProgress<int>? progress, CancellationToken cancellation)
    {
        disk.Begin(data: false);
        try
        {
            if (findZeros)
            {
                ReleaseZeros(disk, progress, cancellation);
            }

            Move(disk, progress, cancellation);
        }
        finally
        {
            disk.Flush();
        }

        VhdxResize.TruncateEnd(disk.Image, disk.Store);
        progress?.Report(100);
    }

    /// <summary>Tells the file system which parts of the file are not used.</summary>
    public static void Retrim(VhdxDisk disk)
    {
        foreach ((long offset, long length) in disk.Store.Space.FreeRanges())
        {
            _ = offset >= disk.Image.File.Length || disk.Image.File.TryPunchHole(offset, Math.Min(length, disk.Image.File.Length - offset));
        }
    }

    private static void ReleaseZeros(VhdxDisk disk, IProgress<int>? progress, CancellationToken cancellation)
    {
        byte[] buffer = new byte[Piece];
        VhdxMetadata metadata = disk.Image.Metadata;
        for (long block = 0; block < metadata.Blocks; block++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (disk.Store.TryGetPlace(block, out long place) && IsZero(disk.Image.File, place, metadata.BlockSize, buffer))
            {
                disk.Store.Release(block, VhdxBlockState.Zero);
            }

            progress?.Report((int)(block * 50 / metadata.Blocks));
        }

        disk.Flush();
    }

    private static bool IsZero(IDiskFile file, long place, int length, byte[] buffer)
    {
        if (file.IsHole(place, length))
        {
            return true;
        }

        for (int i = 0; i < length; i += Piece)
        {
            int count = (int)Math.Clamp(file.Length - place - i, 0, Piece);
            file.Read(place + i, buffer.AsSpan(0, count));
            if (buffer.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    private static void Move(VhdxDisk disk, IProgress<int>? progress, CancellationToken cancellation)
    {
        VhdxMetadata metadata = disk.Image.Metadata;
        List<(long Place, long Block)> blocks = [];
        for (long block = 0; block < metadata.Blocks; block++)
        {
            if (disk.Store.TryGetPlace(block, out long place))
            {
                blocks.Add((place, block));
            }
        }

        blocks.Sort((a, b) => b.Place.CompareTo(a.Place));
        byte[] buffer = new byte[Piece];
        int moved = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            (long place, long block) = blocks[i];
            long target = disk.Store.Space.Find(metadata.BlockSize, place);
            if (target + metadata.BlockSize > place)
            {
                // All before it are even nearer to the beginning.
                return;
            }

            _ = disk.Store.Space.TryTake(target, metadata.BlockSize);
            Copy(disk.Image.File, place, target, metadata.BlockSize, buffer);
            disk.Store.Move(block, target);
            if (++moved % MovesAtOnce == 0)
            {
                disk.Flush();
            }

            progress?.Report(50 + (int)(i * 50L / blocks.Count));
        }
    }

    private static void Copy(IDiskFile file, long from, long to, int length, byte[] buffer)
    {
        bool cleared = file.TryPunchHole(to, length);
        for (int i = 0; i < length; i += Piece)
        {
            int count = (int)Math.Clamp(file.Length - from - i, 0, Piece);
            file.Read(from + i, buffer.AsSpan(0, count));
            buffer.AsSpan(count).Clear();
            if (!cleared || buffer.AsSpan().ContainsAnyExcept((byte)0))
            {
                file.Write(to + i, buffer);
            }
        }
    }
}
