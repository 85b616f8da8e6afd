using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>What CPUID says about AMD-V: exactly what is done.</summary>
internal static class SvmCapabilities
{
    /// <summary>Features of CPUID 8000_000Ah EDX.</summary>
    public const uint Features = SvmFeatures.NestedPaging
        | SvmFeatures.LbrVirtualization
        | SvmFeatures.SvmLock
        | SvmFeatures.NextRipSave
        | SvmFeatures.TscRateMsr
        | SvmFeatures.VmcbClean
        | SvmFeatures.FlushByAsid
        | SvmFeatures.DecodeAssists
        | SvmFeatures.PauseFilter
        | SvmFeatures.PauseFilterThreshold
        | SvmFeatures.VirtualVmsaveVmload
        | SvmFeatures.VirtualGif
        | SvmFeatures.VirtualNmi;

    /// <summary>CPUID 8000_000Ah: revision 1, the number of ASIDs, and the features.</summary>
    public static CpuidResult Leaf => new(1, CpuLimits.AsidCount, 0, Features);
}
