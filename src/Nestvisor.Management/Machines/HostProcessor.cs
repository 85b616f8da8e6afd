using Nestvisor.Api.Worker;

namespace Nestvisor.Management.Machines;

/// <summary>What of this host decides which vendor's processor a guest finds.</summary>
/// <param name="HasKvm">Whether this process may use /dev/kvm.</param>
/// <param name="HasVmx">Whether the processor is Intel's and shows VT-x.</param>
internal sealed record HostProcessor(bool HasKvm, bool HasVmx)
{
    /// <summary>Reads this host's.</summary>
    public static HostProcessor Read() => new(MayUseKvm(), ShowsVmx());

    /// <summary>
    /// Whether a guest gets an AMD processor: always with the software engine, with KVM if the host has one. Auto becomes KVM only
    /// where the host's processor shows extensions, so there too its vendor decides.
    /// </summary>
    public bool GivesAmdProcessor(WorkerEngine engine) => engine == WorkerEngine.Software || !HasKvm || !HasVmx;

    private static bool MayUseKvm()
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle device = File.OpenHandle("/dev/kvm", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool ShowsVmx()
    {
        foreach (string line in File.ReadLines("/proc/cpuinfo"))
        {
            if (line.StartsWith("flags", StringComparison.Ordinal))
            {
                return line.Split(' ').Contains("vmx");
            }
        }

        return false;
    }
}
