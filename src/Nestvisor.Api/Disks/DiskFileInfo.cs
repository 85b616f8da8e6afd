namespace Nestvisor.Api.Disks;

/// <summary>A disk file as it is now.</summary>
public sealed record DiskFileInfo
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Its format.</summary>
    public required DiskFileFormat Format { get; init; }

    /// <summary>Its type. A raw disk is fixed.</summary>
    public required DiskFileType Type { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>Bytes of the disk.</summary>
    public required long Size { get; init; }

    /// <summary>The smallest size in bytes that keeps all partitions; null if that is not known.</summary>
    public long? MinimumSize { get; init; }

    /// <summary>Bytes of a logical sector, 512 or 4096.</summary>
    public required int LogicalSectorSize { get; init; }

    /// <summary>Bytes of a physical sector, 512 or 4096.</summary>
    public required int PhysicalSectorSize { get; init; }

    /// <summary>Bytes of a block; 0 if the file has none.</summary>
    public required int BlockSize { get; init; }

    /// <summary>The parent's path as the file names it; empty if it has none.</summary>
    public string ParentPath { get; set; } = "";

    /// <summary>What tells the disk from others; empty for a raw disk.</summary>
    public Guid DiskIdentifier { get; init; }

    /// <summary>The share of blocks that do not follow their predecessor in the file, 0 to 100; null if there are no blocks.</summary>
    public int? FragmentationPercentage { get; init; }

    /// <summary>1 if blocks begin at multiples of the physical sector size in the file, else 0.</summary>
    public int Alignment { get; init; }

    /// <summary>Whether a virtual machine that runs or somebody else has it open as a disk.</summary>
    public required bool Attached { get; init; }
}
