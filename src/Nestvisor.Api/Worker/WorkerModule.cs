namespace Nestvisor.Api.Worker;

/// <summary>A file that is put into memory beside a multiboot or PVH kernel, such as the kernel that Xen is to start.</summary>
public sealed record WorkerModule
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Its command line, without a name in front.</summary>
    public string CommandLine { get; set; } = "";
}
