using System.Globalization;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>The checks of how much memory and processor time guests can get.</summary>
internal static class ResourceChecks
{
    // A guest with a guest in it: a small Linux in each, and what runs them.
    private const long LeastMemory = 1L << 30;

    public static IEnumerable<WorkerNestingCheck> Make(IHostFacts host, WorkerEngine engine) => [Memory(host, engine), Processors(host, engine)];

    private static WorkerNestingCheck Memory(IHostFacts host, WorkerEngine engine)
    {
        CheckRow row = new(engine, "Memory");
        if (Total(host) is not { } total)
        {
            return row.NotApplicable("The host does not tell how much memory it has.");
        }

        bool limited = ControlGroups.MemoryLimit(host) is { } limit && limit < total;
        long usable = limited ? ControlGroups.MemoryLimit(host)!.Value : total;
        string found = limited
            ? $"{Size(usable)}: the limit of {Place(host)}, of the host's {Size(total)}."
            : $"{Size(total)}, without a limit below that.";
        return usable < LeastMemory
            ? row.Warning($"{found} A guest with a guest in it takes about {Size(LeastMemory)}.", limited ? "Raise the limit." : "Give the host more memory.")
            : row.Passed(found);
    }

    private static WorkerNestingCheck Processors(IHostFacts host, WorkerEngine engine)
    {
        CheckRow row = new(engine, "Processors");
        int count = (host.Read("/proc/cpuinfo") ?? "").Split('\n').Count(line => line.StartsWith("processor", StringComparison.Ordinal));
        if (ControlGroups.ProcessorLimit(host) is not { } limit || limit >= count * 1000)
        {
            return row.Passed($"{count}, without a limit below that.");
        }

        string found = string.Create(CultureInfo.InvariantCulture, $"The time of {limit / 1000.0:0.##}: the limit of {Place(host)}, of the host's {count}.");
        return limit < 1000
            ? row.Warning($"{found} All guests stand still for a part of each period, and kernels in them may report stalls.", "Raise the limit to one processor or more.")
            : row.Passed(found);
    }

    private static string Place(IHostFacts host) => ContainerDetection.IsContainer(host) ? "this container" : "this process's control group";

    // "MemTotal:       16384256 kB"
    private static long? Total(IHostFacts host)
    {
        foreach (string line in (host.Read("/proc/meminfo") ?? "").Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["MemTotal:", { } kilobytes, ..] && long.TryParse(kilobytes, NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            {
                return value << 10;
            }
        }

        return null;
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB");
}
