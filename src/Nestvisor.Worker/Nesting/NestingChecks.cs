using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>Everything that nesting needs of a host, for each engine; the last row of an engine is the outcome.</summary>
internal static class NestingChecks
{
    /// <summary>Makes all checks.</summary>
    /// <param name="host">The host.</param>
    public static IReadOnlyList<WorkerNestingCheck> Run(IHostFacts host)
    {
        HostExtensions processor = HostExtensions.Read(host);
        OuterHypervisor? outer = OuterHypervisor.Find(host);
        return
        [
            ProcessorChecks.Processor(processor),
            ProcessorChecks.Extensions(processor, outer),
            ProcessorChecks.SecondLevelTranslation(host, processor),
            OuterHypervisorCheck.Make(processor, outer),
            KvmDeviceChecks.Device(host),
            KvmDeviceChecks.Access(host),
            KvmDriverChecks.Kind(host),
            KvmDriverChecks.Driver(host),
            KvmDriverChecks.NestedParameter(host, processor),
            KvmDriverChecks.OtherHypervisors(host),
            .. ResourceChecks.Make(host, WorkerEngine.Kvm),
            KvmDriverChecks.Nesting(host),
            SoftwareChecks.Translation(host),
            .. ResourceChecks.Make(host, WorkerEngine.Software),
            SoftwareChecks.Nesting(),
        ];
    }
}
