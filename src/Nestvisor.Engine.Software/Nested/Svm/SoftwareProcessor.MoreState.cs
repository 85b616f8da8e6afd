using Nestvisor.Engine.Software.Interpreter;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Engine.Software.Paging;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>VMLOAD and VMSAVE: the state that VMRUN leaves alone (AMD APM vol. 2 §15.5.2).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private readonly Vmcb _more = new();

    /// <summary>
    /// Where VMLOAD and VMSAVE find their block. In a guest whose VMLOAD and VMSAVE are virtual the address is guest-physical; one
    /// that the nested tables or long mode is missing for exits instead (§15.33.1).
    /// </summary>
    /// <returns><see cref="Status.Next"/> with L1's physical address, or what happened instead.</returns>
    public int LocateMore(Op* o, AccessKind kind, SvmExitCode code, ref ulong address)
    {
        if (!_inGuestMode || (_vmcb.UInt64(VmcbOffsets.VirtualExtensions) & VirtualExtensions.VmsaveVmload) == 0)
        {
            return Status.Next;
        }

        if (!_nestedPaging || (State->Efer & Efer.LMA) == 0)
        {
            return ExitInstruction(State, o, code, 0, 0);
        }

        ulong guestPhysical = address;
        return TranslateNested(guestPhysical, kind, PageFaultError.NestedFinal, out address, out _, out ulong error)
            ? Status.Next
            : RaiseNestedFault(guestPhysical, error);
    }

    /// <summary>VMLOAD.</summary>
    public void LoadMore(ulong address)
    {
        VpState* s = State;
        Vmcb v = _more;
        v.Copy(Memory, address, VmcbOffsets.Fs, VmcbOffsets.SysenterEip + 8 - VmcbOffsets.Fs);
        s->Fs = v.Segment(VmcbOffsets.Fs);
        s->Gs = v.Segment(VmcbOffsets.Gs);
        s->Tr = v.Segment(VmcbOffsets.Tr);
        s->Ldtr = v.Segment(VmcbOffsets.Ldtr);
        KernelGsBase = Vmcb.Canonical(v.UInt64(VmcbOffsets.KernelGsBase));
        Star = v.UInt64(VmcbOffsets.Star);
        LStar = Vmcb.Canonical(v.UInt64(VmcbOffsets.LStar));
        CStar = Vmcb.Canonical(v.UInt64(VmcbOffsets.CStar));
        SFMask = v.UInt64(VmcbOffsets.SFMask) & uint.MaxValue;
        SysenterCs = v.UInt64(VmcbOffsets.SysenterCs) & uint.MaxValue;
        SysenterEsp = Vmcb.Canonical(v.UInt64(VmcbOffsets.SysenterEsp));
        SysenterEip = Vmcb.Canonical(v.UInt64(VmcbOffsets.SysenterEip));
    }

    /// <summary>VMSAVE.</summary>
    public void SaveMore(ulong address)
    {
        if (!Memory.IsRam(address, VmcbOffsets.Bytes))
        {
            return;
        }

        VpState* s = State;
        Vmcb v = _more;
        v.SetSegment(VmcbOffsets.Fs, s->Fs);
        v.SetSegment(VmcbOffsets.Gs, s->Gs);
        v.SetSegment(VmcbOffsets.Tr, s->Tr);
        v.SetSegment(VmcbOffsets.Ldtr, s->Ldtr);
        v.UInt64(VmcbOffsets.KernelGsBase) = KernelGsBase;
        v.UInt64(VmcbOffsets.Star) = Star;
        v.UInt64(VmcbOffsets.LStar) = LStar;
        v.UInt64(VmcbOffsets.CStar) = CStar;
        v.UInt64(VmcbOffsets.SFMask) = SFMask;
        v.UInt64(VmcbOffsets.SysenterCs) = SysenterCs;
        v.UInt64(VmcbOffsets.SysenterEsp) = SysenterEsp;
        v.UInt64(VmcbOffsets.SysenterEip) = SysenterEip;

        // SAFETY: IsRam has checked the page.
        byte* page = Memory.Base + address;
        v.Store(page, VmcbOffsets.Fs, 0x20);
        v.Store(page, VmcbOffsets.Ldtr, 0x10);
        v.Store(page, VmcbOffsets.Tr, 0x10);
        v.Store(page, VmcbOffsets.Star, 0x40);
        Memory.NoteWritten(address, VmcbOffsets.Bytes);
    }
}
