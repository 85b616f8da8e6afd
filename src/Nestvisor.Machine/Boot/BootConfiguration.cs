namespace Nestvisor.Machine.Boot;

/// <summary>What a machine boots.</summary>
/// <param name="KernelPath">A Linux bzImage, an ELF kernel with a PVH entry, or a 32-bit ELF kernel with a multiboot header.</param>
/// <param name="InitrdPath">Initial RAM disk (multiboot: the module); null for none.</param>
/// <param name="CommandLine">Command line of the kernel.</param>
public sealed record BootConfiguration(string KernelPath, string? InitrdPath = null, string CommandLine = "");
