using Nestvisor.Api.Worker;
using Nestvisor.Platform;

namespace Nestvisor.Worker.Nesting;

/// <summary>The checks of the device /dev/kvm: whether it is there, and whether this user may open it.</summary>
internal static class KvmDeviceChecks
{
    public const string Path = "/dev/kvm";

    private const string LoadModule = "Load the module: modprobe kvm_amd, or modprobe kvm_intel. If that fails, dmesg says why.";

    public static WorkerNestingCheck Device(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Device");
        if (host.Exists(Path))
        {
            return host.TryOpen(Path) == LinuxError.NoDevice ? row.Failed($"{Path} has no driver behind it.", LoadModule) : row.Passed($"{Path} exists.");
        }

        bool container = ContainerDetection.IsContainer(host);
        return HasDriver(host)
            ? row.Failed(
                container ? $"{Path} does not exist in this container, though the kernel has KVM." : $"{Path} does not exist, though the kernel has KVM.",
                container ? $"Give the container the device: docker run --device {Path}, or the like." : $"Make the node anew: mknod {Path} c 10 232.")
            : row.Failed($"{Path} does not exist.", container ? $"On the container's host: {LoadModule} Then give the container the device {Path}." : LoadModule);
    }

    public static WorkerNestingCheck Access(IHostFacts host)
    {
        CheckRow row = new(WorkerEngine.Kvm, "Access");
        if (!host.Exists(Path))
        {
            return row.NotApplicable($"{Path} does not exist.");
        }

        return host.TryOpen(Path) switch
        {
            0 => row.Passed($"This user may open {Path}."),
            LinuxError.NoDevice => row.NotApplicable($"{Path} has no driver behind it."),
            LinuxError.NotPermitted when ContainerDetection.IsContainer(host) =>
                row.Failed($"The container's rules do not let {Path} be opened.", $"Give the container the device: docker run --device {Path}, or the like."),
            LinuxError.Access or LinuxError.NotPermitted => row.Failed(
                $"{Path} may not be opened by this user.",
                "Add the user to the group that owns it, and log in anew: usermod -aG kvm USER. If only root may open it: "
                + $"chgrp kvm {Path} && chmod 660 {Path}."),
            int error => row.Failed(LinuxError.Create(error, $"{Path} cannot be opened").Message, LoadModule),
        };
    }

    // Drivers of the kernel's miscellaneous devices are listed even where the nodes are not made.
    private static bool HasDriver(IHostFacts host) =>
        (host.Read("/proc/misc") ?? "").Split('\n').Any(line => line.TrimEnd().EndsWith(" kvm", StringComparison.Ordinal));
}
