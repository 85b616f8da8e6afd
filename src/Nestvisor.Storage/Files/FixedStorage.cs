namespace Nestvisor.Storage.Files;

/// <summary>Reserves the storage of fixed disks, in pieces, so that it can be cancelled.</summary>
internal static class FixedStorage
{
    private const long Piece = 1L << 30;

    /// <summary>Reserves a range of a file.</summary>
    public static void Reserve(IDiskFile file, long offset, long length, IProgress<int>? progress, CancellationToken cancellation)
    {
        for (long done = 0; done < length; done += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            file.Reserve(offset + done, Math.Min(Piece, length - done));
            progress?.Report((int)(done * 100 / length));
        }
    }
}
