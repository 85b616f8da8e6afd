using Nestvisor.Storage.Vhd;
using Nestvisor.Storage.Vhdx;

namespace Nestvisor.Storage.Files;

/// <summary>Describes disk files, also those that a running machine changes at the moment.</summary>
internal static class DiskInspection
{
    // A structure that is being written while it is read looks broken once, not again and again.
    private const int Attempts = 5;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(10);

    /// <summary>Describes a file.</summary>
    public static VirtualDiskInfo Run(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            HostDiskFile file = DiskFileOpening.OpenToInspect(path, out bool attached);
            using (file)
            {
                try
                {
                    return Describe(path, file, attached);
                }
                catch (IOException error)
                {
                    if (!attached || attempt == Attempts)
                    {
                        throw error as DiskException ?? new DiskException($"The disk file '{path}' cannot be read: {error.Message}", error);
                    }

                    Thread.Sleep(BetweenAttempts);
                }
            }
        }
    }

    private static VirtualDiskInfo Describe(string path, HostDiskFile file, bool attached)
    {
        VirtualDiskInfo info = VirtualDisk.FormatOf(path) switch
        {
            DiskFormat.Vhdx => DescribeVhdx(path, file, attached),
            DiskFormat.Vhd => DescribeVhd(path, file, attached),
            _ => new VirtualDiskInfo
            {
                Path = Path.GetFullPath(path),
                Format = DiskFormat.Raw,
                Type = DiskType.Fixed,
                FileSize = file.Length,
                Size = file.Length,
                LogicalSectorSize = 512,
                PhysicalSectorSize = 512,
                BlockSize = 0,
                Attached = attached,
            },
        };
        if (attached || info.Type == DiskType.Differencing)
        {
            return info;
        }

        try
        {
            using IDisk disk = VirtualDisk.Open(path, readOnly: true);
            return info with { MinimumSize = PartitionTable.FindEnd(disk) };
        }
        catch (DiskException)
        {
            // Its structures say what it is; that blocks are damaged is for Check to find. Or somebody attaches it just now.
            return info;
        }
    }

    private static VirtualDiskInfo DescribeVhdx(string path, HostDiskFile file, bool attached)
    {
        using VhdxImage image = VhdxImage.Open(file);
        VhdxMetadata metadata = image.Metadata;
        return new VirtualDiskInfo
        {
            Path = Path.GetFullPath(path),
            Format = DiskFormat.Vhdx,
            Type = metadata.HasParent ? DiskType.Differencing : metadata.IsFixed ? DiskType.Fixed : DiskType.Dynamic,
            FileSize = file.Length,
            Size = metadata.Size,
            LogicalSectorSize = metadata.LogicalSectorSize,
            PhysicalSectorSize = metadata.PhysicalSectorSize,
            BlockSize = metadata.BlockSize,
            ParentPath = metadata.ParentPath,
            DiskIdentifier = metadata.DiskIdentifier,
            FragmentationPercentage = FragmentationOf(image),
            Attached = attached,
        };
    }

    private static int FragmentationOf(VhdxImage image)
    {
        VhdxMetadata metadata = image.Metadata;
        VhdxBlockTable table = VhdxBlockTable.Load(image.File, image.Regions.Bat, metadata);
        Fragmentation count = default;
        for (long block = 0; block < metadata.Blocks;)
        {
            if (table.IsEmptyFrom(block, out long empty))
            {
                block += empty;
                continue;
            }

            VhdxBlockEntry entry = table[block++];
            if (entry.IsPresent)
            {
                count.Add((long)entry.Offset, metadata.BlockSize);
            }
        }

        return count.Percent;
    }

    private static VirtualDiskInfo DescribeVhd(string path, HostDiskFile file, bool attached)
    {
        using VhdImage image = VhdImage.Open(file);
        int blockSize = (int)(image.Header?.BlockSize ?? 0);
        int? fragmentation = null;
        bool aligned = true;
        if (image.Header is not null)
        {
            Fragmentation count = default;
            int bitmap = VhdDynamicDisk.BitmapSize(blockSize);
            foreach (uint sector in image.LoadTable().Where(sector => sector != uint.MaxValue))
            {
                long place = (long)sector * VhdImage.Sector;
                aligned &= (place + bitmap) % 4096 == 0;

                // The next block's bitmap begins so that its contents begin at a whole page.
                count.Add((place + bitmap) / 4096 * 4096, (blockSize + bitmap + 4095) / 4096 * 4096);
            }

            fragmentation = count.Percent;
        }

        return new VirtualDiskInfo
        {
            Path = Path.GetFullPath(path),
            Format = DiskFormat.Vhd,
            Type = image.Footer.Type,
            FileSize = file.Length,
            Size = image.Footer.DiskSize,
            LogicalSectorSize = VhdImage.Sector,
            PhysicalSectorSize = VhdImage.Sector,
            BlockSize = blockSize,
            ParentPath = image.Header?.Parent ?? "",
            DiskIdentifier = image.Footer.Identifier,
            FragmentationPercentage = fragmentation,
            Alignment = aligned ? 1 : 0,
            Attached = attached,
        };
    }

    private struct Fragmentation
    {
        private long _blocks;
        private long _jumps;
        private long _expected;

        public readonly int Percent => _blocks < 2 ? 0 : (int)(_jumps * 100 / (_blocks - 1));

        public void Add(long place, long length)
        {
            _jumps += _blocks != 0 && place != _expected ? 1 : 0;
            _blocks++;
            _expected = place + length;
        }
    }
}
