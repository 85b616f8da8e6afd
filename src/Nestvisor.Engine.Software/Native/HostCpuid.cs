using System.Runtime.Intrinsics.X86;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software.Native;

/// <summary>CPUID of the host's processor.</summary>
internal static class HostCpuid
{
    /// <summary>Reads a leaf.</summary>
    /// <returns>The registers; zeros for one beyond the last, which some processors answer with another leaf.</returns>
    public static CpuidResult Read(uint leaf, uint subleaf)
    {
        (int highest, _, _, _) = X86Base.CpuId((int)(leaf & 0x80000000), 0);
        if (leaf > (uint)highest)
        {
            return default;
        }

        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId((int)leaf, (int)subleaf);
        return new((uint)eax, (uint)ebx, (uint)ecx, (uint)edx);
    }
}
