namespace Nestvisor.Api.Worker;

/// <summary>A disk of a virtual machine.</summary>
public sealed record WorkerDisk
{
    /// <summary>The file behind the disk.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the guest may only read it.</summary>
    public bool ReadOnly { get; init; }
}
