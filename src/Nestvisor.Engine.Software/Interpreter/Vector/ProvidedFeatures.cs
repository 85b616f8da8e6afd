using Iced.Intel;
using Nestvisor.Engine.Software.Native;

namespace Nestvisor.Engine.Software.Interpreter.Vector;

/// <summary>
/// The x87 and vector feature bits whose instructions are complete, cut down to what the host's processor has, since they run
/// on it natively. A CPUID profile may advertise these and no others.
/// </summary>
internal static class ProvidedFeatures
{
    /// <summary>CPUID 00000001h ECX: SSE3, PCLMULQDQ, SSSE3, FMA, SSE4.1, SSE4.2, AES, XSAVE, AVX, F16C.</summary>
    public const uint Leaf1EcxMask = 1u << 0 | 1u << 1 | 1u << 9 | 1u << 12 | 1u << 19 | 1u << 20 | 1u << 25 | 1u << 26 | 1u << 28 | 1u << 29;

    /// <summary>CPUID 00000001h EDX: FPU, MMX, FXSR, SSE, SSE2.</summary>
    public const uint Leaf1EdxMask = 1u << 0 | 1u << 23 | 1u << 24 | 1u << 25 | 1u << 26;

    /// <summary>CPUID 00000007h EBX: AVX2, SHA.</summary>
    public const uint Leaf7EbxMask = 1u << 5 | 1u << 29;

    /// <summary>CPUID 00000007h ECX: GFNI, VAES, VPCLMULQDQ (VEX forms).</summary>
    public const uint Leaf7EcxMask = 1u << 8 | 1u << 9 | 1u << 10;

    /// <summary>CPUID 00000007h.1 EAX: AVX-VNNI.</summary>
    public const uint Leaf71EaxMask = 1u << 4;

    /// <summary>CPUID 80000001h ECX: SSE4A.</summary>
    public const uint Leaf80000001EcxMask = 1u << 6;

    /// <summary>CPUID 80000001h EDX: FPU, MMX, FXSR and AMD's extensions to MMX.</summary>
    public const uint Leaf80000001EdxMask = 1u << 0 | 1u << 22 | 1u << 23 | 1u << 24;

    /// <summary>CPUID 0000000Dh.1 EAX: XSAVEOPT, XSAVEC, XGETBV with ECX = 1. They work on the guest's state, whatever the host has.</summary>
    public const uint LeafD1EaxMask = 1u << 0 | 1u << 1 | 1u << 2;

    /// <summary>Bits of CPUID 00000001h ECX.</summary>
    public static uint Leaf1Ecx { get; } = Leaf1EcxMask & (HostCpuid.Read(1, 0).Ecx | 1u << 26);

    /// <summary>Bits of CPUID 00000001h EDX.</summary>
    public static uint Leaf1Edx { get; } = Leaf1EdxMask & HostCpuid.Read(1, 0).Edx;

    /// <summary>Bits of CPUID 00000007h EBX.</summary>
    public static uint Leaf7Ebx { get; } = Leaf7EbxMask & HostCpuid.Read(7, 0).Ebx;

    /// <summary>Bits of CPUID 00000007h ECX.</summary>
    public static uint Leaf7Ecx { get; } = Leaf7EcxMask & HostCpuid.Read(7, 0).Ecx;

    /// <summary>Bits of CPUID 00000007h.1 EAX.</summary>
    public static uint Leaf71Eax { get; } = Leaf71EaxMask & (HostCpuid.Read(7, 0).Eax == 0 ? 0 : HostCpuid.Read(7, 1).Eax);

    /// <summary>Bits of CPUID 80000001h ECX.</summary>
    public static uint Leaf80000001Ecx { get; } = Leaf80000001EcxMask & HostCpuid.Read(0x80000001, 0).Ecx;

    /// <summary>Bits of CPUID 80000001h EDX.</summary>
    public static uint Leaf80000001Edx { get; } = Leaf80000001EdxMask & (HostCpuid.Read(0x80000001, 0).Edx | Leaf1Edx);

    /// <summary>Whether all features of a code are provided here.</summary>
    public static bool Covers(Code code)
    {
        bool any = false;
        foreach (CpuidFeature feature in code.CpuidFeatures())
        {
            if (!Has(feature))
            {
                return false;
            }

            any = true;
        }

        return any;
    }

    private static bool Has(CpuidFeature feature) => feature switch
    {
        CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 or CpuidFeature.CMOV => true,
        CpuidFeature.MMX or CpuidFeature.SSE or CpuidFeature.SSE2 => true,
        CpuidFeature.SSE3 => (Leaf1Ecx & 1u << 0) != 0,
        CpuidFeature.PCLMULQDQ => (Leaf1Ecx & 1u << 1) != 0,
        CpuidFeature.SSSE3 => (Leaf1Ecx & 1u << 9) != 0,
        CpuidFeature.FMA => (Leaf1Ecx & 1u << 12) != 0,
        CpuidFeature.SSE4_1 => (Leaf1Ecx & 1u << 19) != 0,
        CpuidFeature.SSE4_2 => (Leaf1Ecx & 1u << 20) != 0,
        CpuidFeature.AES => (Leaf1Ecx & 1u << 25) != 0,
        CpuidFeature.AVX => (Leaf1Ecx & 1u << 28) != 0,
        CpuidFeature.F16C => (Leaf1Ecx & 1u << 29) != 0,
        CpuidFeature.AVX2 => (Leaf7Ebx & 1u << 5) != 0,
        CpuidFeature.SHA => (Leaf7Ebx & 1u << 29) != 0,
        CpuidFeature.GFNI => (Leaf7Ecx & 1u << 8) != 0,
        CpuidFeature.VAES => (Leaf7Ecx & 1u << 9) != 0,
        CpuidFeature.VPCLMULQDQ => (Leaf7Ecx & 1u << 10) != 0,
        CpuidFeature.AVX_VNNI => (Leaf71Eax & 1u << 4) != 0,
        CpuidFeature.SSE4A => (Leaf80000001Ecx & 1u << 6) != 0,
        _ => false,
    };
}
