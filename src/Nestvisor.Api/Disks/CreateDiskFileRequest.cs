namespace Nestvisor.Api.Disks;

/// <summary>A new disk file, which reads as zeros. The path's extension fixes the format.</summary>
public sealed record CreateDiskFileRequest
{
    /// <summary>Absolute path; nothing is there yet.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes of the disk: from 3 MB on, to 64 TB for VHDX and raw disks and 2040 GB for VHD.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Its type. A raw disk is fixed.</summary>
    public DiskFileType Type { get; init; }

    /// <summary>Bytes of a block; null for the format's default.</summary>
    public long? BlockSizeBytes { get; init; }

    /// <summary>Bytes of a logical sector, 512, for VHDX also 4096; null for 512.</summary>
    public int? LogicalSectorSizeBytes { get; init; }

    /// <summary>Bytes of a physical sector, 512, for VHDX also 4096; null for the format's default.</summary>
    public int? PhysicalSectorSizeBytes { get; init; }
}
