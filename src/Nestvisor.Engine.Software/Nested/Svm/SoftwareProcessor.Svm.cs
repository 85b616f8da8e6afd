using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.X64;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>AMD-V for the guest: which world runs, the global interrupt flag, and the registers of its own.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const int ExitCodeSlots = 0xA8;
    private const ulong RatioOne = 1UL << 32;

    private readonly Vmcb _vmcb = new();
    private readonly long[] _exits = new long[ExitCodeSlots + 2];
    private HostWorld _host;
    private ulong _vmcbAddress;
    private bool _inGuestMode;
    private bool _nestedPaging;
    private uint _asid;
    private bool _gif = true;
    private bool _initPending;
    private bool _smiPending;
    private bool _nmiInjected;
    private ulong _vmCr;
    private ulong _hostSaveArea;
    private ulong _tscRatio = RatioOne;

    /// <summary>Whether an L2 runs.</summary>
    public bool InGuestMode => _inGuestMode;

    /// <summary>Whether guest-physical addresses go through nested tables.</summary>
    public bool NestedPaging => _nestedPaging;

    /// <summary>The running world's ASID; 0 is L1 itself.</summary>
    public uint CurrentAsid => _asid;

    /// <summary>The control block of the running L2.</summary>
    public Vmcb ControlBlock => _vmcb;

    /// <summary>VMRUNs done.</summary>
    public long WorldSwitches { get; private set; }

    /// <summary>The time-stamp counter that the running world sees (AMD APM vol. 2 §15.30.5).</summary>
    public ulong ReadGuestTsc()
    {
        ulong tsc = ReadTsc();
        return _inGuestMode ? Scale(tsc) + _vmcb.UInt64(VmcbOffsets.TscOffset) : tsc;
    }

    private ulong Scale(ulong tsc) => _tscRatio == RatioOne ? tsc : (ulong)(((UInt128)tsc * _tscRatio) >> 32);

    // With V_INTR_MASKING the guest's CR8 is V_TPR; without it is the real one, and V_TPR follows (§15.21.1).
    private ulong GuestCr8(ulong physical) =>
        _inGuestMode && _vmcb.Virtual(VirtualInterrupt.IntrMasking)
            ? _vmcb.UInt64(VmcbOffsets.VirtualInterrupt) & 0xF
            : physical;

    private bool SetGuestCr8(ulong value)
    {
        if (!_inGuestMode)
        {
            return false;
        }

        ref ulong field = ref _vmcb.UInt64(VmcbOffsets.VirtualInterrupt);
        field = (field & ~VirtualInterrupt.TprMask) | value;
        return (field & VirtualInterrupt.IntrMasking) != 0;
    }

    private bool MayChangeSvme(ulong efer) => (efer & Efer.SVME) == 0 || (_vmCr & VmCr.SVMDIS) == 0;

    private bool TryReadSvmMsr(uint msr, out ulong value)
    {
        value = msr switch
        {
            Msr.VmCr => _vmCr,
            Msr.VmHsavePa => _hostSaveArea,
            Msr.TscRatio => _tscRatio,
            _ => 0,
        };
        return Partition.Profile.HasSvm && msr is Msr.VmCr or Msr.VmHsavePa or Msr.TscRatio or Msr.SvmKey;
    }

    private bool TryWriteSvmMsr(uint msr, ulong value)
    {
        if (!Partition.Profile.HasSvm)
        {
            return false;
        }

        switch (msr)
        {
            case Msr.VmCr:
                return TryWriteVmCr(value);
            case Msr.VmHsavePa:
                return (value & 0xFFF) == 0 && value >> CpuLimits.PhysicalAddressBits == 0 && Set(ref _hostSaveArea, value);
            case Msr.TscRatio:
                return value >> 40 == 0 && Set(ref _tscRatio, value);
            case Msr.SvmKey:
                // No key is set, so none unlocks (§15.31).
                return true;
            default:
                return false;
        }
    }

    // §15.30.1: LOCK and SVMDIS stay once LOCK is set, and SVMDIS cannot be set while SVM is in use.
    private bool TryWriteVmCr(ulong value)
    {
        const ulong Known = VmCr.DPD | VmCr.R_INIT | VmCr.DIS_A20M | VmCr.LOCK | VmCr.SVMDIS;
        if ((value & ~Known) != 0 || ((value & VmCr.SVMDIS) != 0 && (_vmCr & VmCr.SVMDIS) == 0 && (State->Efer & Efer.SVME) != 0))
        {
            return false;
        }

        if ((_vmCr & VmCr.LOCK) != 0)
        {
            const ulong Fixed = VmCr.LOCK | VmCr.SVMDIS;
            value = (value & ~Fixed) | (_vmCr & Fixed);
        }

        _vmCr = value;
        return true;
    }

    private void ResetNested()
    {
        LeaveGuestMode();
        _vmCr = 0;
        _hostSaveArea = 0;
        _tscRatio = RatioOne;
        _nestedTlb.Flush();
    }

    // Back in L1's world, with nothing of L2 left.
    private void LeaveGuestMode()
    {
        _inGuestMode = false;
        _nestedPaging = false;
        _asid = 0;
        _gif = true;
        _initPending = false;
        _smiPending = false;
        _nmiInjected = false;
        EventInDelivery = 0;
    }

    private void DisposeNested()
    {
        _vmcb.Dispose();
        _more.Dispose();
        _nestedTlb.Dispose();
    }

    private void CountExit(SvmExitCode code)
    {
        int slot = code switch
        {
            SvmExitCode.Npf => ExitCodeSlots,
            >= 0 and < (SvmExitCode)ExitCodeSlots => (int)code,
            _ => ExitCodeSlots + 1,
        };
        _exits[slot]++;
    }

    private void AddNestedCounters(Action<string, long> add)
    {
        add("vmrun", WorldSwitches);
        add("nestedTlbHits", NestedTlbHits);
        add("nestedTlbMisses", NestedTlbMisses);
        for (int i = 0; i < _exits.Length; i++)
        {
            if (_exits[i] != 0)
            {
                SvmExitCode code = i == ExitCodeSlots ? SvmExitCode.Npf : i > ExitCodeSlots ? SvmExitCode.Invalid : (SvmExitCode)i;
                add("vmexit." + code, _exits[i]);
            }
        }
    }
}
