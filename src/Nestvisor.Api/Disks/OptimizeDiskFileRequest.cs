namespace Nestvisor.Api.Disks;

/// <summary>Makes the file of a dynamic disk smaller by giving back blocks that are not used.</summary>
public sealed record OptimizeDiskFileRequest
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>How thoroughly.</summary>
    public DiskFileCompaction Mode { get; init; }
}
