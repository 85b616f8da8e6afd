namespace Nestvisor.Machine.Boot;

/// <summary>A file that is put into memory beside a multiboot or PVH kernel, such as the kernel that Xen is to start.</summary>
/// <param name="Path">The file.</param>
/// <param name="CommandLine">Its command line, without a name in front.</param>
public sealed record BootModule(string Path, string CommandLine = "");
