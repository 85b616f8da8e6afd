using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Machines;

/// <summary>What a guest's processor will be on this host.</summary>
internal static class HostProcessor
{
    /// <summary>
    /// Whether a guest gets an AMD processor: always with the software engine, with KVM if the host has one. Auto becomes KVM only
    /// where the host's processor shows extensions, so there too its vendor decides.
    /// </summary>
    public static bool GuestHasAmdProcessor(WorkerEngine engine)
    {
        if (engine == WorkerEngine.Software || !File.Exists("/dev/kvm"))
        {
            return true;
        }

        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("flags", StringComparison.Ordinal))
            {
                return !line.Contains(" vmx", StringComparison.Ordinal);
            }
        }

        return true;
    }
}
