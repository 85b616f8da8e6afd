using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Engine.Software.State;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>VMLOAD and VMSAVE: the state that VMRUN leaves alone (AMD APM vol. 2 §15.5.2).</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private readonly Vmcb _more = new();

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
