namespace Nestvisor.Machine.Boot;

/// <summary>What a machine boots.</summary>
/// <param name="KernelPath">A Linux bzImage, an ELF kernel with a PVH entry, or a 32-bit ELF kernel with a multiboot header.</param>
/// <param name="InitrdPath">Initial RAM disk (multiboot and PVH: the last module); null for none.</param>
/// <param name="CommandLine">Command line of the kernel.</param>
public sealed record BootConfiguration(string KernelPath, string? InitrdPath = null, string CommandLine = "")
{
    /// <summary>Most modules, the initial RAM disk among them.</summary>
    public const int MaximumModules = 8;

    /// <summary>Modules of a multiboot or PVH kernel, in their order. Other kernels take none, and are not started with any.</summary>
    public IReadOnlyList<BootModule> Modules { get; init; } = [];
}
