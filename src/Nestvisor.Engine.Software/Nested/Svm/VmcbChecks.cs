using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software.Nested.Svm;

/// <summary>
/// The checks of VMRUN (AMD APM vol. 2 §15.5.1, §15.20, §15.25.3). All are made on the private copy before any state changes; one
/// that fails is #VMEXIT(INVALID).
/// </summary>
internal static class VmcbChecks
{
    private const ulong PhysicalLimit = 1UL << CpuLimits.PhysicalAddressBits;
    private const ulong MsrMapBytes = 0x2000;
    private const ulong PortMapBytes = 0x2001;

    /// <summary>Whether VMRUN may enter the guest.</summary>
    /// <param name="vmcb">The copy.</param>
    /// <param name="validCr4">Bits of CR4 that the processor has.</param>
    /// <param name="validEfer">Bits of EFER that the processor has, LMA included.</param>
    /// <param name="hostPaging">CR0.PG of L1: nested paging uses its mode.</param>
    public static bool Pass(Vmcb vmcb, ulong validCr4, ulong validEfer, bool hostPaging) =>
        ControlArea(vmcb, hostPaging) && StateArea(vmcb, validCr4, validEfer) && Injection(vmcb.UInt64(VmcbOffsets.EventInjection));

    private static bool ControlArea(Vmcb vmcb, bool hostPaging)
    {
        if (!vmcb.Intercepts(SvmIntercept.Vmrun)
            || vmcb.UInt32(VmcbOffsets.GuestAsid) == 0
            || vmcb.UInt32(VmcbOffsets.GuestAsid) >= CpuLimits.AsidCount
            || !MapFits(vmcb.UInt64(VmcbOffsets.MsrpmBasePa), MsrMapBytes)
            || !MapFits(vmcb.UInt64(VmcbOffsets.IopmBasePa), PortMapBytes)
            || vmcb.UInt8(VmcbOffsets.TlbControl) is not (TlbControl.DoNothing or TlbControl.FlushAll or TlbControl.FlushGuest
                or TlbControl.FlushGuestNonGlobal)
            || (vmcb.Virtual(VirtualInterrupt.NmiEnable) && !vmcb.Intercepts(SvmIntercept.Nmi)))
        {
            return false;
        }

        bool nested = (vmcb.UInt64(VmcbOffsets.NestedControl) & 1) != 0;
        return !nested || (hostPaging && vmcb.UInt64(VmcbOffsets.NestedCr3) < PhysicalLimit && ValidPat(vmcb.UInt64(VmcbOffsets.GPat)));
    }

    private static bool StateArea(Vmcb vmcb, ulong validCr4, ulong validEfer)
    {
        ulong efer = vmcb.UInt64(VmcbOffsets.Efer);
        ulong cr0 = vmcb.UInt64(VmcbOffsets.Cr0);
        ulong cr3 = vmcb.UInt64(VmcbOffsets.Cr3);
        ulong cr4 = vmcb.UInt64(VmcbOffsets.Cr4);
        if ((efer & Efer.SVME) == 0
            || (efer & ~validEfer) != 0
            || ((cr0 & Cr0.CD) == 0 && (cr0 & Cr0.NW) != 0)
            || cr0 >> 32 != 0
            || (cr4 & ~validCr4) != 0
            || vmcb.UInt64(VmcbOffsets.Dr6) >> 32 != 0
            || vmcb.UInt64(VmcbOffsets.Dr7) >> 32 != 0)
        {
            return false;
        }

        if ((cr0 & Cr0.PG) == 0)
        {
            return true;
        }

        if (cr3 >= PhysicalLimit)
        {
            return false;
        }

        if ((efer & Efer.LME) == 0)
        {
            return true;
        }

        ushort code = vmcb.UInt16(VmcbOffsets.Cs + VmcbOffsets.SegmentAttributes);
        return (cr4 & Cr4.PAE) != 0
            && (cr0 & Cr0.PE) != 0
            && (code & 0x600) != 0x600;
    }

    // EVENTINJ: reserved types, and exceptions that do not exist.
    private static bool Injection(ulong injection)
    {
        if ((injection & SvmEvent.Valid) == 0)
        {
            return true;
        }

        ulong vector = injection & SvmEvent.VectorMask;
        return (injection & SvmEvent.TypeMask) switch
        {
            SvmEvent.TypeInterrupt or SvmEvent.TypeNmi or SvmEvent.TypeSoftware => true,
            SvmEvent.TypeException => vector < 32 && vector != (ulong)ExceptionVector.NonMaskable,
            _ => false,
        };
    }

    private static bool MapFits(ulong address, ulong length)
    {
        address &= ~0xFFFUL;
        return address < PhysicalLimit && length < PhysicalLimit - address;
    }

    private static bool ValidPat(ulong value)
    {
        for (int i = 0; i < 64; i += 8)
        {
            if (((value >> i) & 0xFF) is 2 or 3 or > 7)
            {
                return false;
            }
        }

        return true;
    }
}
