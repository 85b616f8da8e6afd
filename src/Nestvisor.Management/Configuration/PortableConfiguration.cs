using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Configuration;

/// <summary>
/// A configuration outside of the state folder: the same JSON, with paths of files in the machine's folder relative to that folder, so that
/// it can be moved.
/// </summary>
internal static class PortableConfiguration
{
    /// <summary>Most bytes of a configuration.</summary>
    public const int Longest = 1 << 20;

    private const int Format = 1;

    /// <summary>A configuration's file.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="folder">The machine's folder; null to keep all paths absolute.</param>
    public static byte[] Write(MachineConfiguration configuration, string? folder) =>
        JsonSerializer.SerializeToUtf8Bytes(
            folder is null ? configuration : WithPaths(configuration, path => IsInside(folder, path) ? Path.GetRelativePath(folder, path) : path),
            ApiJsonContext.Default.MachineConfiguration);

    /// <summary>Reads a configuration; its paths are absolute then.</summary>
    /// <param name="file">The file.</param>
    /// <param name="folder">The machine's folder; null if all paths are absolute.</param>
    /// <exception cref="JsonException">The content is no configuration.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MachineConfiguration Read(string file, string? folder)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > Longest)
        {
            throw new JsonException($"It has {stream.Length} bytes; a configuration has at most {Longest}.");
        }

        MachineConfiguration configuration = JsonSerializer.Deserialize(stream, ApiJsonContext.Default.MachineConfiguration)
            ?? throw new JsonException("It is null.");
        if (configuration.Format != Format)
        {
            throw new JsonException($"Its format is {configuration.Format}; this program knows {Format}.");
        }

        if (configuration.Disks.Contains(null!) || configuration.MaskedProcessorFeatures.Contains(null!) || !Version.TryParse(configuration.Version, out _)
            || configuration.Id == Guid.Empty)
        {
            throw new JsonException("A disk, a processor feature, the version or the identifier has no value.");
        }

        if (configuration.NetworkAdapters.Any(adapter => adapter is null || adapter.Id == Guid.Empty))
        {
            throw new JsonException("A network adapter has no value or no identifier.");
        }

        return folder is null ? configuration : WithPaths(configuration, path => FullPath(path, folder));
    }

    /// <summary>Whether a path leads to something in a folder, links not followed.</summary>
    public static bool IsInside(string folder, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The configuration with other paths.</summary>
    public static MachineConfiguration WithPaths(MachineConfiguration configuration, Func<string, string> change) => configuration with
    {
        Disks = [.. configuration.Disks.Select(disk => disk with { Path = change(disk.Path) })],
        KernelPath = configuration.KernelPath is { } kernel ? change(kernel) : null,
        InitialRamDiskPath = configuration.InitialRamDiskPath is { } disk ? change(disk) : null,
    };

    private static string FullPath(string path, string folder) => path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)
        ? throw new JsonException("One of its paths is empty or contains a zero character.")
        : Path.GetFullPath(path, folder);
}
