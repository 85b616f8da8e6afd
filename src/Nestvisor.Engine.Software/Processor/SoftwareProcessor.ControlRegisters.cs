using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Writes of control registers by the guest, with their checks (AMD APM vol. 2 §3.1).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ulong Cr4Implemented = Cr4.TSD | Cr4.DE | Cr4.PSE | Cr4.PAE | Cr4.MCE | Cr4.PGE | Cr4.PCE | Cr4.OSFXSR
        | Cr4.OSXMMEXCPT | Cr4.UMIP | Cr4.FSGSBASE | Cr4.PCIDE | Cr4.OSXSAVE | Cr4.SMEP | Cr4.SMAP
        | Cr4.PKE | Cr4.PKS;

    /// <summary>CR8: the task priority that the running world sees.</summary>
    public ulong Cr8 => GuestCr8(Apic.Cr8);

    /// <summary>Bits of CR4 that exist in the profile.</summary>
    public ulong Cr4Valid
    {
        get
        {
            CpuProfile profile = Partition.Profile;
            uint ebx7 = profile[7, 0].Ebx;
            uint ecx1 = profile[1, 0].Ecx;
            ulong valid = Cr4Implemented;
            valid &= (ebx7 & 1) != 0 ? ulong.MaxValue : ~Cr4.FSGSBASE;
            valid &= (ebx7 & (1 << 7)) != 0 ? ulong.MaxValue : ~Cr4.SMEP;
            valid &= (ebx7 & (1 << 20)) != 0 ? ulong.MaxValue : ~Cr4.SMAP;
            valid &= (profile[7, 0].Ecx & 4) != 0 ? ulong.MaxValue : ~Cr4.UMIP;
            valid &= HasPku ? ulong.MaxValue : ~Cr4.PKE;
            valid &= HasPks ? ulong.MaxValue : ~Cr4.PKS;
            valid &= (ecx1 & (1 << 17)) != 0 ? ulong.MaxValue : ~Cr4.PCIDE;
            valid &= (ecx1 & (1 << 26)) != 0 ? ulong.MaxValue : ~Cr4.OSXSAVE;
            return valid;
        }
    }

    /// <summary>MOV CR0.</summary>
    public int GuestWriteCr0(ulong value)
    {
        VpState* s = State;
        bool paging = (value & Cr0.PG) != 0;
        bool bad = value >> 32 != 0
            || (paging && (value & Cr0.PE) == 0)
            || ((value & Cr0.NW) != 0 && (value & Cr0.CD) == 0)
            || (!paging && (s->Cr4 & Cr4.PCIDE) != 0)
            || (!paging && (s->Efer & Efer.LMA) != 0 && s->Cs.Long)
            || (paging && (s->Cr0 & Cr0.PG) == 0 && (s->Efer & Efer.LME) != 0 && ((s->Cr4 & Cr4.PAE) == 0 || s->Cs.Long));
        if (bad)
        {
            return Fault.GeneralProtection(s, 0);
        }

        if (paging && (s->Cr0 & Cr0.PG) == 0 && (s->Efer & Efer.LME) == 0 && !ValidPdptes(s->Cr3))
        {
            return Fault.GeneralProtection(s, 0);
        }

        SetCr0((value & Cr0.Defined) | Cr0.ET);
        return Status.Next;
    }

    /// <summary>MOV CR3.</summary>
    public int GuestWriteCr3(ulong value)
    {
        VpState* s = State;
        bool keep = false;
        if ((s->Cr4 & Cr4.PCIDE) != 0)
        {
            keep = (value & (1UL << 63)) != 0;
            value &= ~(1UL << 63);
        }

        if ((s->Efer & Efer.LMA) != 0 ? value >> CpuLimits.PhysicalAddressBits != 0 : !ValidPdptes(value))
        {
            return Fault.GeneralProtection(s, 0);
        }

        SetCr3(value, keep);
        return Status.Next;
    }

    /// <summary>MOV CR4.</summary>
    public int GuestWriteCr4(ulong value)
    {
        VpState* s = State;
        bool setsPcide = (value & Cr4.PCIDE) != 0 && (s->Cr4 & Cr4.PCIDE) == 0;
        bool bad = (value & ~Cr4Valid) != 0
            || ((s->Efer & Efer.LMA) != 0 && (value & Cr4.PAE) == 0)
            || (setsPcide && ((s->Efer & Efer.LMA) == 0 || (s->Cr3 & 0xFFF) != 0));
        if (bad)
        {
            return Fault.GeneralProtection(s, 0);
        }

        SetCr4(value);
        return Status.Next;
    }

    /// <summary>MOV CR8.</summary>
    public int GuestWriteCr8(ulong value)
    {
        if (value > 15)
        {
            return Fault.GeneralProtection(State, 0);
        }

        if (!SetGuestCr8(value))
        {
            Apic.Cr8 = value;
        }

        return Status.Next;
    }

    // In PAE paging the four entries at CR3 are checked when they are loaded.
    private bool ValidPdptes(ulong cr3)
    {
        VpState* s = State;
        if ((s->Cr4 & Cr4.PAE) == 0 || (s->Cr0 & Cr0.PG) == 0 || NestedPaging)
        {
            return true;
        }

        for (ulong i = 0; i < 4; i++)
        {
            ulong entry = 0;
            ReadPhysical((cr3 & 0xFFFF_FFE0) + (i * 8), (byte*)&entry, 8);
            if ((entry & PageEntry.P) != 0 && (entry & 0xFFFF_0000_0000_01E6) != 0)
            {
                return false;
            }
        }

        return true;
    }
}
