namespace Nestvisor.Api.Disks;

/// <summary>A copy of a disk in another file, whose extension fixes the format.</summary>
public sealed record ConvertDiskFileRequest
{
    /// <summary>Absolute path of the disk.</summary>
    public required string Path { get; init; }

    /// <summary>Absolute path of the copy; nothing is there yet.</summary>
    public required string DestinationPath { get; init; }

    /// <summary>Type of the copy; null for the disk's own, or for fixed if the copy is raw.</summary>
    public DiskFileType? Type { get; init; }

    /// <summary>Bytes of a block of the copy; null for the format's default.</summary>
    public long? BlockSizeBytes { get; init; }

    /// <summary>Whether the disk is removed after it has been copied.</summary>
    public bool DeleteSource { get; init; }
}
