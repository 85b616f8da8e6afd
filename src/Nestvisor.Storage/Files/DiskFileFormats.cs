using Nestvisor.Storage.Vhd;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Files;

/// <summary>Opens and makes files of a known format.</summary>
internal static class DiskFileFormats
{
    /// <summary>Opens a VHD or VHDX disk.</summary>
    /// <param name="file">Its file; taken over, also if this fails.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="DiskException">It is damaged or not supported.</exception>
    public static IDisk Open(IDiskFile file, DiskFormat format)
    {
        try
        {
            return format == DiskFormat.Vhdx ? VhdxDisk.Open(file) : OpenVhd(VhdImage.Open(file));
        }
        catch (Exception error) when (error is IOException and not DiskException)
        {
            throw new DiskException($"The disk file '{file.Path}' cannot be used: {error.Message} Restore it from a copy if it is damaged.", error);
        }
    }

    /// <summary>Makes a file that reads as zeros; it is durable then.</summary>
    public static void Create(
        IDiskFile file, VirtualDiskCreation options, Guid identifier, IProgress<int>? progress, CancellationToken cancellation)
    {
        switch (VirtualDisk.FormatOf(options.Path))
        {
            case DiskFormat.Vhdx:
                VhdxMetadata metadata = new()
                {
                    Size = options.Size,
                    BlockSize = options.BlockSize,
                    IsFixed = options.Type == DiskType.Fixed,
                    DiskIdentifier = identifier,
                    LogicalSectorSize = options.LogicalSectorSize,
                    PhysicalSectorSize = options.PhysicalSectorSize,
                };
                VhdxCreation.Run(file, metadata, progress, cancellation);
                break;
            case DiskFormat.Vhd:
                VhdCreation.Run(file, options.Size, options.Type, options.BlockSize, identifier, progress, cancellation);
                break;
            default:
                file.SetLength(options.Size);
                if (options.Type == DiskType.Fixed)
                {
                    FixedStorage.Reserve(file, 0, options.Size, progress, cancellation);
                }

                file.Flush();
                break;
        }
    }

    private static IDisk OpenVhd(VhdImage image)
    {
        try
        {
            return image.Footer.Type switch
            {
                DiskType.Fixed => new VhdFixedDisk(image),
                DiskType.Dynamic => new VhdDynamicDisk(image),
                _ => throw DiskErrors.Differencing(image.File.Path),
            };
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }
}
