using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhd;

/// <summary>Makes new VHD files.</summary>
internal static class VhdCreation
{
    private const long HeaderOffset = VhdFooter.Size;
    private const long TableOffset = VhdFooter.Size + VhdHeader.Size;

    /// <summary>Fills an empty file. It is durable afterwards.</summary>
    /// <param name="file">The file.</param>
    /// <param name="size">Bytes of the disk.</param>
    /// <param name="type">Fixed or dynamic.</param>
    /// <param name="blockSize">Bytes of a block of a dynamic disk.</param>
    /// <param name="identifier">The disk's identifier.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static void Run(
        IDiskFile file, long size, DiskType type, int blockSize, Guid identifier, IProgress<int>? progress, CancellationToken cancellation)
    {
        byte[] footer = new VhdFooter
        {
            DiskSize = size,
            Type = type,
            Identifier = identifier,
            DataOffset = type == DiskType.Fixed ? ulong.MaxValue : (ulong)HeaderOffset,
        }.ToBytes(DateTime.UtcNow);
        if (type == DiskType.Fixed)
        {
            FixedStorage.Reserve(file, 0, size, progress, cancellation);
            file.Write(size, footer);
        }
        else
        {
            uint entries = (uint)((size + blockSize - 1) / blockSize);
            file.Write(0, footer);
            file.Write(HeaderOffset, new VhdHeader { TableOffset = (ulong)TableOffset, Entries = entries, BlockSize = (uint)blockSize }.ToBytes());
            byte[] unused = new byte[VhdImage.Sector];
            unused.AsSpan().Fill(0xFF);
            long end = TableOffset;
            for (long done = 0; done < entries * (long)sizeof(uint); done += unused.Length, end += unused.Length)
            {
                file.Write(end, unused);
            }

            file.Write(end, footer);
        }

        file.Flush();
        progress?.Report(100);
    }
}
