namespace Nestvisor.Api.Disks;

/// <summary>A question about a disk file.</summary>
public sealed record DiskFileRequest
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }
}
