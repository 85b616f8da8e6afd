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

    public static Partition CreatePartition(GuestMemory memory, VmClock clock, CpuProfile profile, int processors) =>
        SoftwarePartition.Create(memory, clock, profile, processors);
}
