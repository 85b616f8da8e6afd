using Iced.Intel;

namespace Nestvisor.Engine.Software.Blocks;

/// <summary>Which instructions the CPU profile has: executing one that is not advertised is #UD.</summary>
internal sealed class CodeFilter
{
    private readonly bool[] _denied;
    private readonly bool _lahfIn64BitMode;

    private CodeFilter(bool[] denied, bool lahfIn64BitMode)
    {
        _denied = denied;
        _lahfIn64BitMode = lahfIn64BitMode;
    }

    /// <summary>Whether an instruction exists on the processor.</summary>
    public bool Allows(Code code, bool code64) =>
        !_denied[(int)code] && (_lahfIn64BitMode || !code64 || code is not (Code.Lahf or Code.Sahf));

    /// <summary>Makes the filter of a profile.</summary>
    public static CodeFilter Create(X64.CpuProfile profile)
    {
        Code[] codes = Enum.GetValues<Code>();
        bool[] denied = new bool[codes.Length];
        foreach (Code code in codes)
        {
            bool all = true;
            foreach (CpuidFeature feature in code.CpuidFeatures())
            {
                all &= Has(profile, feature);
            }

            denied[(int)code] = !all;
        }

        return new CodeFilter(denied, Bit(profile[0x8000_0001, 0].Ecx, 0));
    }

    private static bool Has(X64.CpuProfile profile, CpuidFeature feature)
    {
        uint ecx1 = profile[1, 0].Ecx;
        uint edx1 = profile[1, 0].Edx;
        uint ebx7 = profile[7, 0].Ebx;
        uint ecx7 = profile[7, 0].Ecx;
        uint ecx81 = profile[0x8000_0001, 0].Ecx;
        uint edx81 = profile[0x8000_0001, 0].Edx;
        return feature switch
        {
            CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387 => Bit(edx1, 0),
            CpuidFeature.TSC => Bit(edx1, 4),
            CpuidFeature.MSR => Bit(edx1, 5),
            CpuidFeature.CX8 => Bit(edx1, 8),
            CpuidFeature.SEP => Bit(edx1, 11),
            CpuidFeature.CMOV => Bit(edx1, 15),
            CpuidFeature.SYSCALL => Bit(edx81, 11),
            CpuidFeature.MMX => Bit(edx1, 23),
            CpuidFeature.SSE => Bit(edx1, 25),
            CpuidFeature.SSE2 => Bit(edx1, 26),
            CpuidFeature.SSE3 => Bit(ecx1, 0),
            CpuidFeature.PCLMULQDQ => Bit(ecx1, 1),
            CpuidFeature.MONITOR => Bit(ecx1, 3),
            CpuidFeature.SSSE3 => Bit(ecx1, 9),
            CpuidFeature.FMA => Bit(ecx1, 12),
            CpuidFeature.CMPXCHG16B => Bit(ecx1, 13),
            CpuidFeature.SSE4_1 => Bit(ecx1, 19),
            CpuidFeature.SSE4_2 => Bit(ecx1, 20),
            CpuidFeature.MOVBE => Bit(ecx1, 22),
            CpuidFeature.POPCNT => Bit(ecx1, 23),
            CpuidFeature.AES => Bit(ecx1, 25),
            CpuidFeature.XSAVE => Bit(ecx1, 26),
            CpuidFeature.AVX => Bit(ecx1, 28),
            CpuidFeature.F16C => Bit(ecx1, 29),
            CpuidFeature.RDRAND => Bit(ecx1, 30),
            CpuidFeature.CLFSH => Bit(edx1, 19),
            CpuidFeature.FXSR => Bit(edx1, 24),
            CpuidFeature.FSGSBASE => Bit(ebx7, 0),
            CpuidFeature.BMI1 => Bit(ebx7, 3),
            CpuidFeature.AVX2 => Bit(ebx7, 5),
            CpuidFeature.BMI2 => Bit(ebx7, 8),
            CpuidFeature.INVPCID => Bit(ebx7, 10),
            CpuidFeature.RDSEED => Bit(ebx7, 18),
            CpuidFeature.ADX => Bit(ebx7, 19),
            CpuidFeature.SMAP => Bit(ebx7, 20),
            CpuidFeature.PCOMMIT => Bit(ebx7, 22),
            CpuidFeature.CLFLUSHOPT => Bit(ebx7, 23),
            CpuidFeature.CLWB => Bit(ebx7, 24),
            CpuidFeature.SHA => Bit(ebx7, 29),
            CpuidFeature.PKU => Bit(ecx7, 3),
            CpuidFeature.GFNI => Bit(ecx7, 8),
            CpuidFeature.VAES => Bit(ecx7, 9),
            CpuidFeature.VPCLMULQDQ => Bit(ecx7, 10),
            CpuidFeature.AVX_VNNI => Bit(profile[7, 1].Eax, 4),
            CpuidFeature.RDPID => Bit(ecx7, 22),
            CpuidFeature.SVM => profile.HasSvm,
            CpuidFeature.VMX => Bit(ecx1, 5),
            CpuidFeature.LZCNT => Bit(ecx81, 5),
            CpuidFeature.SSE4A => Bit(ecx81, 6),
            CpuidFeature.PREFETCHW => Bit(ecx81, 8),
            CpuidFeature.RDTSCP => Bit(edx81, 27),
            CpuidFeature.XSAVEOPT => Bit(profile[0xD, 1].Eax, 0),
            CpuidFeature.XSAVEC => Bit(profile[0xD, 1].Eax, 1),
            CpuidFeature.XSAVES => Bit(profile[0xD, 1].Eax, 3),
            CpuidFeature.AVX512F or CpuidFeature.AVX512VL or CpuidFeature.AVX512BW or CpuidFeature.AVX512DQ => Bit(ebx7, 16),
            CpuidFeature.D3NOW or CpuidFeature.D3NOWEXT => false,
            CpuidFeature.RDPRU => Bit(profile[0x8000_0008, 0].Ebx, 4),
            CpuidFeature.CLZERO => Bit(profile[0x8000_0008, 0].Ebx, 0),
            _ => true,
        };
    }

    private static bool Bit(uint value, int bit) => ((value >> bit) & 1) != 0;
}
