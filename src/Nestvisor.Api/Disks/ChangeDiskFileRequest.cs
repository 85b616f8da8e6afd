namespace Nestvisor.Api.Disks;

/// <summary>A change of what a disk file says of itself. What is null or false stays as it is.</summary>
public sealed record ChangeDiskFileRequest
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the disk gets a new identifier.</summary>
    public bool ResetDiskIdentifier { get; init; }

    /// <summary>Bytes of a physical sector that a VHDX disk reports, 512 or 4096.</summary>
    public int? PhysicalSectorSizeBytes { get; init; }
}
