using Nestvisor.Api.Worker;
using Nestvisor.Virtualization;
using Nestvisor.X64;

namespace Nestvisor.Worker.Engines;

/// <summary>How the worker makes partitions of the software engine.</summary>
internal static class SoftwareEngine
{
    private const string Absent = "This build of the worker does not contain the software engine.";

    public static WorkerEngineCheck Check() =>
        new() { Engine = WorkerEngine.Software, Usable = false, Automatic = true, CanNest = false, Reasons = [Absent] };

    public static CpuProfile CreateProfile(bool exposeVirtualizationExtensions) => throw new EngineUnavailableException(Absent);

    public static Partition CreatePartition(GuestMemory memory, VmClock clock, CpuProfile profile, int processors) =>
        throw new EngineUnavailableException(Absent);
}
