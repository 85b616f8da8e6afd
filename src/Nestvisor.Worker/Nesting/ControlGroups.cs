using System.Globalization;

namespace Nestvisor.Worker.Nesting;

/// <summary>The limits of this process's control groups, of both versions; the smallest on the way to the root counts.</summary>
internal static class ControlGroups
{
    private const string Root = "/sys/fs/cgroup";

    // Version 1 says "no limit" with the largest number that is a multiple of the page size.
    private const long NoLimit = 1L << 60;

    /// <summary>Bytes of memory; null for no limit.</summary>
    public static long? MemoryLimit(IHostFacts host) =>
        Smallest(Folders(host, "memory").Select(folder => Number(host.Read($"{folder}/memory.max") ?? host.Read($"{folder}/memory.limit_in_bytes"))));

    /// <summary>Thousandths of a processor; null for no limit.</summary>
    public static long? ProcessorLimit(IHostFacts host) => Smallest(Folders(host, "cpu").Select(folder =>
    {
        string[] words = host.Read($"{folder}/cpu.max")?.Split(' ') ?? [host.Read($"{folder}/cpu.cfs_quota_us") ?? "", host.Read($"{folder}/cpu.cfs_period_us") ?? ""];
        return words.Length == 2 && Number(words[0]) is { } quota && Number(words[1]) is { } period ? quota * 1000 / period : (long?)null;
    }));

    private static long? Smallest(IEnumerable<long?> limits) => limits.Min();

    // "max" and -1 are no limits.
    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value is > 0 and < NoLimit ? value : null;

    // Lines are "number:controllers:path"; the one of version 2 has no controllers. In a container the path may be that of the host,
    // which is not mounted; the container's own limits are then in the root.
    private static IEnumerable<string> Folders(IHostFacts host, string controller)
    {
        foreach (string line in (host.Read("/proc/self/cgroup") ?? "").Split('\n'))
        {
            string[] parts = line.Split(':', 3);
            if (parts.Length != 3 || (parts[1].Length != 0 && !parts[1].Split(',').Contains(controller)))
            {
                continue;
            }

            string mount = parts[1].Length == 0 ? Root : $"{Root}/{parts[1]}";
            for (string path = parts[2].TrimEnd('/'); path.Length != 0; path = path[..path.LastIndexOf('/')])
            {
                yield return mount + path;
            }

            yield return mount;
        }
    }
}
