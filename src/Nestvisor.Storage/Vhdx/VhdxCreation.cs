using System.Text;
using Nestvisor.Storage.Files;

namespace Nestvisor.Storage.Vhdx;

/// <summary>Makes new VHDX files: header section, log, metadata, block allocation table, blocks.</summary>
internal static class VhdxCreation
{
    private const long LogOffset = VhdxLayout.Megabyte;
    private const long MetadataOffset = 2L * VhdxLayout.Megabyte;
    private const long TableOffset = 3L * VhdxLayout.Megabyte;

    /// <summary>Fills an empty file. It is durable afterwards.</summary>
    /// <param name="file">The file.</param>
    /// <param name="metadata">What the disk is.</param>
    /// <param name="progress">Percent.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static void Run(IDiskFile file, VhdxMetadata metadata, IProgress<int>? progress, CancellationToken cancellation)
    {
        long tableLength = VhdxLayout.RoundUp(metadata.TableEntries * sizeof(ulong));
        long blocks = TableOffset + tableLength;
        file.SetLength(blocks);
        file.Reserve(0, blocks);
        file.Write(0, Identifier());
        byte[] regions = VhdxRegions.Create(TableOffset, tableLength, MetadataOffset);
        file.Write(VhdxLayout.FirstRegionTable, regions);
        file.Write(VhdxLayout.SecondRegionTable, regions);
        file.Write(MetadataOffset, metadata.ToRegion());
        VhdxHeader header = new()
        {
            FileWriteGuid = VhdxLogWriter.NewGuid(),
            DataWriteGuid = VhdxLogWriter.NewGuid(),
            LogOffset = (ulong)LogOffset,
            LogLength = VhdxLayout.Megabyte,
        };
        file.Write(VhdxLayout.FirstHeader, (header with { SequenceNumber = 1 }).ToBytes());
        file.Write(VhdxLayout.SecondHeader, (header with { SequenceNumber = 2 }).ToBytes());
        if (metadata.IsFixed)
        {
            Reserve(file, metadata, blocks, progress, cancellation);
        }

        file.Flush();
        progress?.Report(100);
    }

    private static byte[] Identifier()
    {
        byte[] identifier = new byte[VhdxLayout.Sector];
        VhdxLayout.FileSignature.CopyTo(identifier);
        _ = Encoding.Unicode.GetBytes("Nestvisor", identifier.AsSpan(VhdxLayout.FileSignature.Length));
        return identifier;
    }

    private static void Reserve(IDiskFile file, VhdxMetadata metadata, long offset, IProgress<int>? progress, CancellationToken cancellation)
    {
        FixedStorage.Reserve(file, offset, metadata.Blocks * metadata.BlockSize, progress, cancellation);
        VhdxBlockTable table = VhdxBlockTable.Load(file, VhdxRegions.Load(file, VhdxHeaderPair.Load(file).Current).Bat, metadata);
        for (long block = 0; block < metadata.Blocks; block++)
        {
            table[block] = VhdxBlockEntry.At(offset + (block * metadata.BlockSize));
        }

        foreach (int sector in table.TakeDirty())
        {
            file.Write(TableOffset + ((long)sector * VhdxLayout.Sector), table.GetSector(sector));
        }
    }
}
