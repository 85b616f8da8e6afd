using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>The check of what is outside this host, and what it lets through.</summary>
internal static class OuterHypervisorCheck
{
    public static WorkerNestingCheck Make(HostExtensions processor, OuterHypervisor? outer)
    {
        CheckRow row = new(WorkerEngine.Kvm, "OuterHypervisor");
        return outer is null
            ? row.Passed("There is none: this host is not a virtual machine.")
            : !processor.Any
            ? row.Warning($"This host is a virtual machine of {outer.Name}, which shows it neither AMD-V nor VT-x.", "Do what ProcessorExtensions says.")
            : outer.IsHyperV
            ? row.Passed($"This host is a virtual machine of {outer.Name}, which shows it {processor.Name}.")
            : row.Warning(
                $"This host is a virtual machine of {outer.Name}, which shows it {processor.Name}. Whether nesting in it is supported is for its vendor to say.",
                $"Ask the vendor of {outer.Name} whether nested virtualization is supported, before you rely on it.");
    }
}
