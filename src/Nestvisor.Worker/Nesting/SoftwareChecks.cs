using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>The checks of the software engine, which needs no extensions: it has an AMD-V of its own.</summary>
internal static class SoftwareChecks
{
    public static WorkerNestingCheck Translation(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Software, "Translation");
        string release = KernelRelease.Text(host);
        if (host.HasUserGsBase)
        {
            return row.Passed($"Linux {release} lets programs use WRGSBASE, so the engine translates guests' code.");
        }

        const string slow = "The engine only interprets then, many times slower.";

        // CPUID 7 EBX bit 0 is FSGSBASE.
        return (host.Cpuid(7, 0).Ebx & 1) == 0
            ? row.Warning($"The processor shows no FSGSBASE. {slow}", "Use a processor with FSGSBASE; in a virtual machine, have the hypervisor outside show it.")
            : KernelRelease.IsBefore(host, 5, 9)
            ? row.Warning($"Linux {release} does not let programs use WRGSBASE. {slow}", "Use Linux 5.9 or later.")
            : row.Warning($"Linux {release} was started so that programs may not use WRGSBASE. {slow}", "Take nofsgsbase off the kernel's command line.");
    }

    public static WorkerNestingCheck Nesting() =>
        new CheckRow(WorkerEngine.Software, "Nesting").Passed("Guests of this engine can be given AMD-V with nested paging, which the engine has itself.");
}
