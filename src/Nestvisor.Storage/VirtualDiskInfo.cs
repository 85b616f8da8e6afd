namespace Nestvisor.Storage;

/// <summary>What a disk file says of itself.</summary>
public sealed record VirtualDiskInfo
{
    /// <summary>Absolute path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Its format.</summary>
    public required DiskFormat Format { get; init; }

    /// <summary>Its type. A raw disk is fixed.</summary>
    public required DiskType Type { get; init; }

    /// <summary>Length of the file in bytes; a sparse one takes less of the host's storage.</summary>
    public required long FileSize { get; init; }

    /// <summary>Bytes of the disk.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// The smallest size in bytes that keeps all partitions, or null if the disk has no partition table that is known (MBR, GPT) or is attached.
    /// </summary>
    public long? MinimumSize { get; init; }

    /// <summary>Bytes of a logical sector, 512 or 4096.</summary>
    public required int LogicalSectorSize { get; init; }

    /// <summary>Bytes of a physical sector, 512 or 4096.</summary>
    public required int PhysicalSectorSize { get; init; }

    /// <summary>Bytes of a block, the unit in which a dynamic file grows; 0 for raw disks and fixed VHD files, which have none.</summary>
    public required int BlockSize { get; init; }

    /// <summary>The parent's path as the file names it; empty if it has none.</summary>
    public string ParentPath { get; init; } = "";

    /// <summary>What tells the disk from others; empty for a raw disk.</summary>
    public Guid DiskIdentifier { get; init; }

    /// <summary>The share of blocks that do not follow their predecessor in the file, 0 to 100; null if there are no blocks.</summary>
    public int? FragmentationPercentage { get; init; }

    /// <summary>1 if the contents of blocks begin at multiples of the physical sector size in the file, else 0.</summary>
    public int Alignment { get; init; } = 1;

    /// <summary>Whether somebody has the file open as a disk at the moment.</summary>
    public required bool Attached { get; init; }
}
