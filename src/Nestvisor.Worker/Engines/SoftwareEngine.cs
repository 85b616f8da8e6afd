using System.Globalization;
using Nestvisor.Api.Worker;
using Nestvisor.Engine.Software;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Worker.Engines;

/// <summary>How the worker makes partitions of the software engine, which works on every x86-64 host.</summary>
internal static class SoftwareEngine
{
    public static WorkerEngineCheck Check() =>
        new() { Engine = WorkerEngine.Software, Usable = true, Automatic = true, CanNest = true };

    public static CpuProfile CreateProfile(int processors, bool exposeVirtualizationExtensions) =>
        SoftwareProfiles.Amd(processors, exposeVirtualizationExtensions);

    public static Func<GuestMemory, VmClock, CpuProfile, int, Partition> PartitionMaker(WorkerConfiguration configuration)
    {
        SoftwareEngineOptions options = new()
        {
            PerfMapFile = configuration.PerfMap
                ? string.Create(CultureInfo.InvariantCulture, $"/tmp/perf-{Environment.ProcessId}.map")
                : null,
            TranslationsFile = configuration.TranslationsFile,
            Compared = configuration.CompareTiers switch
            {
                WorkerComparison.All => ComparedCode.All,
                WorkerComparison.Nested => ComparedCode.Nested,
                _ => ComparedCode.None,
            },
        };
        if (configuration.TranslateAfter is int runs)
        {
            options = options with { TranslateAfter = runs < 0 ? SoftwareEngineOptions.Never : runs };
        }

        return (memory, clock, profile, processors) => SoftwarePartition.Create(memory, clock, profile, processors, options);
    }
}
