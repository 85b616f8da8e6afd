using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Protection keys of user pages (AMD APM vol. 2 §5.6.6) and of supervisor pages (Intel SDM vol. 3 §4.6.2).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const uint PkuBit = 1 << 3;
    private const uint PksBit = 1u << 31;

    private uint _pkrs;

    /// <summary>Whether the profile has keys of user pages: CR4.PKE, RDPKRU, WRPKRU and their XSAVE component.</summary>
    public bool HasPku => (Partition.Profile[7, 0].Ecx & PkuBit) != 0;

    /// <summary>Whether the profile has keys of supervisor pages: CR4.PKS and IA32_PKRS.</summary>
    public bool HasPks => (Partition.Profile[7, 0].Ecx & PksBit) != 0;

    /// <summary>The components that XCR0 can have.</summary>
    public ulong Xcr0Valid => Partition.Profile[0xD, 0].Eax;

    // PKRU and IA32_PKRS as far as CR4 puts them in force; they count in long mode only, where alone walks have keys.
    private ulong KeysInForce
    {
        get
        {
            ulong cr4 = State->Cr4;
            return (cr4 & (Cr4.PKE | Cr4.PKS)) == 0
                ? 0
                : ((cr4 & Cr4.PKE) != 0 ? State->Pkru : 0) | ((cr4 & Cr4.PKS) != 0 ? (ulong)_pkrs << 32 : 0);
        }
    }

    /// <summary>Sets PKRU.</summary>
    public void SetPkru(uint value)
    {
        if (value != State->Pkru)
        {
            State->Pkru = value;
            SelectContext();
        }
    }

    private bool SetPkrs(uint value)
    {
        _pkrs = value;
        SelectContext();
        return true;
    }
}
