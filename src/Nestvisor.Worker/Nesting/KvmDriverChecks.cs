using Nestvisor.Api.Worker;

namespace Nestvisor.Worker.Nesting;

/// <summary>The checks of the kernel's KVM: what kind it is, whether it has what the engine uses, whether it nests.</summary>
internal static class KvmDriverChecks
{
    private static readonly (string Module, string Name)[] s_others = [("vboxdrv", "VirtualBox"), ("vmmon", "VMware")];

    // A KVM that works where the processor shows no extensions runs guests by paravirtualization: no ordinary kernel boots in it.
    public static WorkerNestingCheck Kind(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Kind");
        return !host.Kvm.Usable
            ? row.NotApplicable("KVM is not usable.")
            : host.Kvm.Hardware
            ? row.Passed("KVM uses the processor's extensions.")
            : row.Failed(
                $"{KvmDeviceChecks.Path} works without the processor's extensions: it is a paravirtual KVM, which runs no ordinary kernel.",
                "Use the engine Software, which Auto takes here, or a host whose processor shows AMD-V or VT-x.");
    }

    public static WorkerNestingCheck Driver(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Driver");
        string release = KernelRelease.Text(host);
        if (host.Kvm.Usable)
        {
            return row.Passed($"KVM of Linux {release} has all that the engine uses.");
        }

        return !IsOpen(host) ? row.NotApplicable($"{KvmDeviceChecks.Path} cannot be opened.")
            : KernelRelease.IsBefore(host, 5, 10)
            ? row.Failed($"KVM of Linux {release} lacks what the engine uses. {Reasons(host)}", "Use Linux 5.10 or later.")
            : row.Failed($"KVM of Linux {release} makes no virtual machine. {Reasons(host)}", "Do what the reason says; dmesg may tell more.");
    }

    public static WorkerNestingCheck NestedParameter(IHostFacts host, HostExtensions processor)
    {
        CheckRow row = new(WorkerEngine.Kvm, "NestedParameter");
        if (!processor.Any)
        {
            return row.NotApplicable("The processor shows no virtualization extensions.");
        }

        string module = processor.Module;
        return ModuleParameter.Read(host, module, "nested") switch
        {
            null when !host.Kvm.Usable => row.NotApplicable($"The module {module} is not loaded."),
            false => row.Failed($"The module {module} is loaded with nested=0.", ModuleParameter.Remedy(module, "nested")),
            _ when host.Kvm.Usable && !host.Kvm.CanNest =>
                row.Failed($"KVM does not offer {processor.Name} to guests.", ModuleParameter.Remedy(module, "nested")),
            _ => row.Passed($"KVM offers {processor.Name} to guests (module {module}, nested=1)."),
        };
    }

    public static WorkerNestingCheck OtherHypervisors(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "OtherHypervisors");
        string[] loaded = [.. s_others.Where(other => host.Exists($"/sys/module/{other.Module}")).Select(other => $"{other.Name} ({other.Module})")];
        if (loaded.Length == 0)
        {
            return row.Passed("No module of VirtualBox or VMware is loaded.");
        }

        string names = string.Join(", ", loaded);
        const string remedy = "End its virtual machines and unload its modules (modprobe -r), or use it instead.";
        return IsOpen(host) && !host.Kvm.Usable
            ? row.Failed($"Loaded: {names}. It may hold the processor's extensions, since KVM cannot use them.", remedy)
            : row.Warning($"Loaded: {names}. While its virtual machines run, those of KVM may not start.", remedy);
    }

    public static WorkerNestingCheck Nesting(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Nesting");
        return host.Kvm.CanNest
            ? row.Passed("Guests of this engine can be given virtualization extensions.")
            : row.Failed(
                "Guests of this engine cannot be given virtualization extensions.",
                "Do what the failed checks of this engine say, or use the engine Software, which nests here.");
    }

    private static bool IsOpen(IHostFacts host) => host.Exists(KvmDeviceChecks.Path) && host.TryOpen(KvmDeviceChecks.Path) == 0;

    private static string Reasons(IHostFacts host) => string.Join(' ', host.Kvm.Reasons);
}
