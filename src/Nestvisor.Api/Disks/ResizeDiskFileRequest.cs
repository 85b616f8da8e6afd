namespace Nestvisor.Api.Disks;

/// <summary>Another size for a disk. VHDX and raw disks grow and shrink, VHD disks grow.</summary>
public sealed record ResizeDiskFileRequest
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Bytes of the disk; null for the smallest that keeps all partitions.</summary>
    public long? SizeBytes { get; init; }
}
