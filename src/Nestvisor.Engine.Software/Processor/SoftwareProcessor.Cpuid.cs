using Nestvisor.Engine.Software.Apic;
using Nestvisor.Engine.Software.Interpreter.Vector;
using Nestvisor.Engine.Software.Paravirtual;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>CPUID: the profile, and the few values that depend on the processor.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const uint OsPke = 1 << 4;
    private const uint Xsavec = 1 << 1;
    private const uint Xgetbv1 = 1 << 2;

    /// <summary>Whether XGETBV tells which state components are in use.</summary>
    public bool HasXgetbv1 => (Partition.Profile[0xD, 1].Eax & Xgetbv1) != 0;

    /// <summary>Answers CPUID.</summary>
    public CpuidResult Cpuid(uint leaf, uint subleaf)
    {
        if (leaf is >= KvmLeaves.First and < 0x8000_0000)
        {
            return KvmLeaves.Read(leaf);
        }

        // A leaf beyond the last one reads as zeros on AMD.
        CpuProfile profile = Partition.Profile;
        CpuidResult result = leaf is 7 or 0xB or 0xD ? profile[leaf, subleaf] : profile[leaf, 0];
        switch (leaf)
        {
            case 1:
                result = result with
                {
                    Ebx = (result.Ebx & 0x00FF_FFFF) | ((uint)Index << 24),
                    Ecx = (State->Cr4 & Cr4.OSXSAVE) != 0 ? result.Ecx | (1u << 27) : result.Ecx & ~(1u << 27),
                    Edx = Apic.Mode == ApicMode.Disabled ? result.Edx & ~(1u << 9) : result.Edx,
                };
                break;
            case 7 when subleaf == 0 && (State->Cr4 & Cr4.PKE) != 0:
                result = result with { Ecx = result.Ecx | OsPke };
                break;
            case 0xB:
                // The level is told even of those that do not exist, and so is the APIC id.
                result = result with { Ecx = result.Ecx | (subleaf & 0xFF), Edx = (uint)Index };
                break;
            case 0xD when subleaf == 0:
                result = result with { Ebx = (uint)XSaveLayout.Size(State->Xcr0, compacted: false) };
                break;
            case 0xD when subleaf == 1 && (result.Eax & Xsavec) != 0:
                result = result with { Ebx = (uint)XSaveLayout.Size(State->Xcr0, compacted: true) };
                break;
        }

        return result;
    }
}
