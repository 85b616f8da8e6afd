namespace Nestvisor.Machine.Boot;

/// <summary>A module whose file is open.</summary>
/// <param name="Image">The file.</param>
/// <param name="CommandLine">Its command line, without a name in front.</param>
internal readonly record struct ModuleImage(BootImage Image, string CommandLine);
