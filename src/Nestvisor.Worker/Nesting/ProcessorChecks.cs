using System.Globalization;
using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>The checks of the processor.</summary>
internal static class ProcessorChecks
{
    // The first EPYC and Ryzen processors.
    private const int OldestAmdFamily = 0x17;

    public static WorkerNestingCheck Processor(HostExtensions processor)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Processor");
        string found = string.Create(CultureInfo.InvariantCulture, $"{processor.Vendor}, family {processor.Family:X}h");
        return processor.IsAmd && processor.Family < OldestAmdFamily
            ? row.Warning(
                $"{found}: older than EPYC and Ryzen (family 17h), which are the first that Hyper-V nests on. KVM may.",
                "Use a processor of family 17h or later for Hyper-V in a guest.")
            : processor.IsAmd || processor.Vendor == "GenuineIntel"
            ? row.Passed($"{found}.")
            : row.Warning($"{found}: neither AMD's nor Intel's. Nestvisor's Kvm engine has not been tried on it.", "Use a processor of AMD or Intel.");
    }

    public static WorkerNestingCheck Extensions(HostExtensions processor, OuterHypervisor? outer)
    {
        CheckRow row = new(WorkerEngine.Kvm, "ProcessorExtensions");
        return processor.Any
            ? row.Passed($"The processor shows {processor.Name}.")
            : row.Failed(
                "The processor shows neither AMD-V (svm) nor VT-x (vmx) to this system.",
                outer?.Expose ?? $"Enable {(processor.IsAmd ? "SVM (AMD-V)" : "VT-x")} in the firmware's setup.");
    }

    public static WorkerNestingCheck SecondLevelTranslation(IHostFacts host, HostExtensions processor)
    {
        CheckRow row = new(WorkerEngine.Kvm, "SecondLevelTranslation");
        if (!processor.Any)
        {
            return row.NotApplicable("The processor shows no virtualization extensions.");
        }

        // CPUID tells nested paging of AMD's. Of Intel's an MSR does, which only the kernel can read; it shows the flag ept.
        (string name, string parameter, bool present) = processor.Svm
            ? ("nested paging", "npt", processor.NestedPaging)
            : ("EPT", "ept", HasFlag(host, "ept"));
        const string slow = "KVM then keeps shadow page tables, many times slower, and Hyper-V does not start in guests.";
        return !present
            ? row.Warning(
                $"The processor shows no {name}. {slow}",
                $"Use a processor with {name}; in a virtual machine, have the hypervisor outside show it.")
            : ModuleParameter.Read(host, processor.Module, parameter) == false
            ? row.Warning(
                $"The module {processor.Module} is loaded with {parameter}=0. {slow}",
                ModuleParameter.Remedy(processor.Module, parameter))
            : row.Passed($"The processor has {name}.");
    }

    private static bool HasFlag(IHostFacts host, string flag)
    {
        foreach (string line in (host.Read("/proc/cpuinfo") ?? "").Split('\n'))
        {
            if (line.StartsWith("flags", StringComparison.Ordinal))
            {
                return line.Split([' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries).Contains(flag);
            }
        }

        return false;
    }
}
