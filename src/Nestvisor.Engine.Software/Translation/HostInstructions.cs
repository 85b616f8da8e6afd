using Iced.Intel;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// Which integer instructions the host's processor can execute as they are. One that it lacks may fault there or, worse, be an
/// older one: LZCNT is BSR to a processor that does not know it. The interpreter has all of them in software.
/// </summary>
internal static class HostInstructions
{
    /// <summary>
    /// What every processor has that has WRGSBASE, without which nothing is translated; features that Iced names for
    /// instructions that are as old as the 64-bit mode among them.
    /// </summary>
    public static IReadOnlySet<CpuidFeature> Always { get; } = new HashSet<CpuidFeature>
    {
        CpuidFeature.INTEL8086, CpuidFeature.INTEL8086_ONLY, CpuidFeature.INTEL186, CpuidFeature.INTEL286, CpuidFeature.INTEL386,
        CpuidFeature.INTEL486, CpuidFeature.X64, CpuidFeature.CMOV, CpuidFeature.CX8, CpuidFeature.CMPXCHG16B, CpuidFeature.SSE,
        CpuidFeature.SSE2, CpuidFeature.SSE4_2, CpuidFeature.POPCNT,
    };

    /// <summary>Whether the host has a code.</summary>
    public static bool Have(Code code)
    {
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!Always.Contains(feature) && !Has(feature))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Has(CpuidFeature feature) => feature switch
    {
        CpuidFeature.MOVBE => (HostCpuid.Read(1, 0).Ecx & 1u << 22) != 0,
        CpuidFeature.BMI1 => (HostCpuid.Read(7, 0).Ebx & 1u << 3) != 0,
        CpuidFeature.BMI2 => (HostCpuid.Read(7, 0).Ebx & 1u << 8) != 0,
        CpuidFeature.ADX => (HostCpuid.Read(7, 0).Ebx & 1u << 19) != 0,
        CpuidFeature.LZCNT => (HostCpuid.Read(0x8000_0001, 0).Ecx & 1u << 5) != 0,
        _ => false,
    };
}
