using Nestvisor.Engine.Software.State;
using Nestvisor.X64;

namespace Nestvisor.Engine.Software;

/// <summary>Model-specific registers.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ulong EferSettable = Efer.SCE | Efer.LME | Efer.NXE | Efer.FFXSR | Efer.AIBRSE;

    // Registers that only keep what is written, and their values after reset.
    private readonly Dictionary<uint, ulong> _plainMsrs = [];
    private ulong _star;
    private ulong _lstar;
    private ulong _cstar;
    private ulong _sfmask;
    private ulong _sysenterCs;
    private ulong _sysenterEsp;
    private ulong _sysenterEip;
    private ulong _tscAux;
    private long _tscOffset;

    /// <summary>MSR KERNEL_GS_BASE.</summary>
    public ulong KernelGsBase
    {
        get => State->KernelGsBase;
        set => State->KernelGsBase = value;
    }

    /// <summary>MSR STAR.</summary>
    public ulong Star
    {
        get => _star;
        set
        {
            _star = value;
            _fastCallsStale = true;
        }
    }

    /// <summary>MSR LSTAR.</summary>
    public ulong LStar
    {
        get => _lstar;
        set
        {
            _lstar = value;
            _fastCallsStale = true;
        }
    }

    /// <summary>MSR CSTAR.</summary>
    public ulong CStar
    {
        get => _cstar;
        set => _cstar = value;
    }

    /// <summary>MSR SFMASK.</summary>
    public ulong SFMask
    {
        get => _sfmask;
        set
        {
            _sfmask = value;
            _fastCallsStale = true;
        }
    }

    /// <summary>MSR SYSENTER_CS.</summary>
    public ulong SysenterCs
    {
        get => _sysenterCs;
        set => _sysenterCs = value;
    }

    /// <summary>MSR SYSENTER_ESP.</summary>
    public ulong SysenterEsp
    {
        get => _sysenterEsp;
        set => _sysenterEsp = value;
    }

    /// <summary>MSR SYSENTER_EIP.</summary>
    public ulong SysenterEip
    {
        get => _sysenterEip;
        set => _sysenterEip = value;
    }

    /// <summary>MSR TSC_AUX.</summary>
    public ulong TscAux => _tscAux;

    /// <summary>MSR PAT.</summary>
    public ulong Pat
    {
        get => _plainMsrs[Msr.Pat];
        set => _plainMsrs[Msr.Pat] = value;
    }

    /// <summary>L1's time-stamp counter: the VM clock's nanoseconds plus what the guest has added.</summary>
    public ulong ReadTsc() => (ulong)(Partition.Clock.Now + _tscOffset);

    /// <summary>Reads an MSR.</summary>
    /// <returns>False for #GP.</returns>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        VpState* s = State;
        switch (msr)
        {
            case Msr.Tsc:
                value = ReadGuestTsc();
                return true;
            case Msr.ApicBase or Msr.TscDeadline or (>= Msr.X2ApicFirst and <= Msr.X2ApicLast):
                return Apic.TryReadMsr(msr, out value);
            case Msr.Efer:
                value = s->Efer;
                return true;
            case Msr.Star:
                value = _star;
                return true;
            case Msr.LStar:
                value = _lstar;
                return true;
            case Msr.CStar:
                value = _cstar;
                return true;
            case Msr.SFMask:
                value = _sfmask;
                return true;
            case Msr.FsBase:
                value = s->Fs.Base;
                return true;
            case Msr.GsBase:
                value = s->Gs.Base;
                return true;
            case Msr.KernelGsBase:
                value = KernelGsBase;
                return true;
            case Msr.SysenterCs:
                value = _sysenterCs;
                return true;
            case Msr.SysenterEsp:
                value = _sysenterEsp;
                return true;
            case Msr.SysenterEip:
                value = _sysenterEip;
                return true;
            case Msr.TscAux:
                value = _tscAux;
                return true;
            case Msr.Pkrs when HasPks:
                value = _pkrs;
                return true;
        }

        if (IsPerformanceCounter(msr))
        {
            value = 0;
            return true;
        }

        if (_plainMsrs.TryGetValue(msr, out value) || TryReadSvmMsr(msr, out value))
        {
            return true;
        }

        return Partition.FindMsrHandler(msr) is { } handler && handler.TryRead(Index, msr, out value);
    }

    /// <summary>Writes an MSR.</summary>
    /// <returns>False for #GP.</returns>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        VpState* s = State;
        switch (msr)
        {
            case Msr.Tsc:
                SetTscOffset((long)value - Partition.Clock.Now);
                return true;
            case Msr.ApicBase or Msr.TscDeadline or (>= Msr.X2ApicFirst and <= Msr.X2ApicLast):
                bool accepted = Apic.TryWriteMsr(msr, value);
                UpdateApicPage();
                return accepted;
            case Msr.Efer:
                return TryWriteEfer(value);
            case Msr.Star:
                Star = value;
                return true;
            case Msr.LStar:
                if (!Canonical(value))
                {
                    return false;
                }

                LStar = value;
                return true;
            case Msr.CStar:
                return Canonical(value) && Set(ref _cstar, value);
            case Msr.SFMask:
                if (value >> 32 != 0)
                {
                    return false;
                }

                SFMask = value;
                return true;
            case Msr.FsBase:
                return Canonical(value) && Set(ref s->Fs.Base, value);
            case Msr.GsBase:
                return Canonical(value) && Set(ref s->Gs.Base, value);
            case Msr.KernelGsBase:
                if (!Canonical(value))
                {
                    return false;
                }

                KernelGsBase = value;
                return true;
            case Msr.SysenterCs:
                return Set(ref _sysenterCs, value & 0xFFFF_FFFF);
            case Msr.SysenterEsp:
                return Canonical(value) && Set(ref _sysenterEsp, value);
            case Msr.SysenterEip:
                return Canonical(value) && Set(ref _sysenterEip, value);
            case Msr.TscAux:
                return value >> 32 == 0 && Set(ref _tscAux, value);
            case Msr.Pat:
                return ValidPat(value) && SetPlain(msr, value);
            case Msr.DebugCtl:
                SetPlain(msr, value & 0x3F);
                UpdateBranchRecording();
                return true;
            case Msr.MtrrCap or Msr.McgCap:
                return false;
            case Msr.PredCmd:
                return HasIbpb && (value & ~1UL) == 0;
            case Msr.BiosUpdateTrigger or Msr.PatchLoader or Msr.SmmAddr or Msr.SmmMask:
                return true;
            case Msr.HwCr:
                return SetPlain(msr, value | Msr.HwCrSmmLock);
            case Msr.Pkrs when HasPks:
                return value >> 32 == 0 && SetPkrs((uint)value);
            case >= Msr.MtrrPhysBase0 and <= Msr.MtrrPhysMask7:
                return (value & ~PhysicalAddresses & ~((msr & 1) != 0 ? 0x800UL : 0xFFUL)) == 0
                    && ((msr & 1) != 0 || ValidMemoryType(value & 0xFF)) && SetPlain(msr, value);
            case Msr.MtrrDefType:
                return (value & ~0xCFFUL) == 0 && ValidMemoryType(value & 0xFF) && SetPlain(msr, value);
            case Msr.McgStatus:
                return SetPlain(msr, value);
        }

        if (IsPerformanceCounter(msr))
        {
            return true;
        }

        if (_plainMsrs.ContainsKey(msr))
        {
            return SetPlain(msr, value);
        }

        return TryWriteSvmMsr(msr, value)
            || (Partition.FindMsrHandler(msr) is { } handler && handler.TryWrite(Index, msr, value));
    }

    // The four legacy counters have no CPUID bit, so software expects them on every AMD processor. Here they stay zero, from
    // which an operating system sees that there is nothing behind them.
    private static bool IsPerformanceCounter(uint msr) => msr is >= 0xC001_0000 and <= 0xC001_0007;

    private static ulong PhysicalAddresses => ((1UL << CpuLimits.PhysicalAddressBits) - 1) & ~0xFFFUL;

    private bool HasIbpb => (Partition.Profile[0x8000_0008, 0].Ebx & (1 << 12)) != 0 || (Partition.Profile[7, 0].Edx & (1 << 26)) != 0;

    private static bool Canonical(ulong value) => CpuLimits.IsCanonical(value);

    private static bool Set(ref ulong register, ulong value)
    {
        register = value;
        return true;
    }

    private static bool ValidMemoryType(ulong type) => type is 0 or 1 or 4 or 5 or 6;

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

    private bool SetPlain(uint msr, ulong value)
    {
        _plainMsrs[msr] = value;
        return true;
    }

    private void SetTscOffset(long offset)
    {
        _tscOffset = offset;
        Apic.Timer.TscOffset = offset;
        Partition.PvClock.SetTscOffset(Index, offset);
    }

    private bool TryWriteEfer(ulong value)
    {
        VpState* s = State;
        ulong settable = EferSettable | (Partition.Profile.HasSvm ? Efer.SVME : 0);
        ulong changed = s->Efer ^ value;
        if ((value & ~(settable | Efer.LMA)) != 0
            || ((changed & Efer.LME) != 0 && (s->Cr0 & Cr0.PG) != 0)
            || ((changed & Efer.SVME) != 0 && !MayChangeSvme(value)))
        {
            return false;
        }

        // LMA is the processor's own.
        s->Efer = (value & ~Efer.LMA) | (s->Efer & Efer.LMA);
        if ((changed & Efer.NXE) != 0)
        {
            _contexts.FlushAsid(CurrentAsid, keepGlobal: false);
        }

        return true;
    }

    private void ResetMsrs()
    {
        Star = LStar = CStar = SFMask = 0;
        _sysenterCs = _sysenterEsp = _sysenterEip = 0;
        _tscAux = 0;
        KernelGsBase = 0;
        _pkrs = 0;
        SetTscOffset(0);
        _plainMsrs.Clear();
        _plainMsrs[Msr.Pat] = 0x0007_0406_0007_0406;
        _plainMsrs[Msr.MtrrCap] = 0x508;
        _plainMsrs[Msr.MtrrDefType] = 0xC06;
        for (uint msr = Msr.MtrrPhysBase0; msr <= Msr.MtrrPhysMask7; msr++)
        {
            _plainMsrs[msr] = 0;
        }

        foreach (uint msr in FixedMtrrs)
        {
            _plainMsrs[msr] = 0x0606_0606_0606_0606;
        }

        foreach (uint msr in ZeroMsrs)
        {
            _plainMsrs[msr] = 0;
        }

        // The four counters that every AMD processor has count nothing, but can be written.
        for (uint msr = Msr.PerfEvtSel0; msr <= Msr.PerfCtr3; msr++)
        {
            _plainMsrs[msr] = 0;
        }

        UpdateBranchRecording();
        _plainMsrs[Msr.BiosSignId] = 0x0A00_1173;

        // No AMD processor has it, but guests of all vendors find it under KVM: fast strings; neither BTS nor PEBS.
        _plainMsrs[Msr.MiscEnable] = 0x1801;

        // There is no SMM. A processor whose firmware uses none shows it as locked, with nothing behind it.
        _plainMsrs[Msr.HwCr] = (1 << 24) | Msr.HwCrSmmLock;
        _plainMsrs[Msr.DeCfg] = 2;
    }

    private static ReadOnlySpan<uint> FixedMtrrs =>
        [0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F];

    private static ReadOnlySpan<uint> ZeroMsrs =>
    [
        Msr.P5McAddr, Msr.P5McType, Msr.McgCap, Msr.McgStatus, Msr.DebugCtl, Msr.LastBranchFromIp, Msr.LastBranchToIp,
        Msr.LastIntFromIp, Msr.LastIntToIp, Msr.SysCfg, Msr.NbCfg, Msr.TopMem, Msr.TopMem2, Msr.OsvwIdLength, Msr.OsvwStatus,
        Msr.LsCfg, Msr.DcCfg, Msr.BuCfg2, Msr.SmmAddr, Msr.SmmMask, Msr.PStateCurrentLimit, Msr.PStateControl, Msr.PStateStatus,
    ];

    private void SaveMsrs(IDictionary<uint, ulong> msrs)
    {
        foreach ((uint msr, ulong value) in _plainMsrs)
        {
            msrs[msr] = value;
        }

        foreach (uint msr in NamedMsrs)
        {
            if (TryReadMsr(msr, out ulong value))
            {
                msrs[msr] = value;
            }
        }

        msrs[Msr.Tsc] = ReadTsc();
        msrs[Msr.ApicBase] = Apic.Base;
        msrs[Msr.TscDeadline] = Apic.Timer.TscDeadline;
        foreach (uint msr in new[] { Msr.KvmSystemTime, Msr.KvmWallClock })
        {
            if (Partition.PvClock.TryRead(Index, msr, out ulong value))
            {
                msrs[msr] = value;
            }
        }
    }

    private void RestoreMsrs(IReadOnlyDictionary<uint, ulong> msrs)
    {
        ResetMsrs();
        foreach ((uint msr, ulong value) in msrs)
        {
            switch (msr)
            {
                case Msr.Efer or Msr.ApicBase or Msr.TscDeadline or Msr.KvmSystemTime or Msr.KvmWallClock:
                    break;
                case Msr.FsBase or Msr.GsBase:
                    break;
                default:
                    if (_plainMsrs.ContainsKey(msr))
                    {
                        _plainMsrs[msr] = value;
                    }
                    else
                    {
                        _ = TryWriteMsr(msr, value);
                    }

                    break;
            }
        }

        UpdateBranchRecording();
        if (msrs.ContainsKey(Msr.KvmSystemTime))
        {
            Partition.PvClock.Restore(
                Index, msrs[Msr.KvmSystemTime], msrs.TryGetValue(Msr.KvmWallClock, out ulong wall) ? wall : 0, _tscOffset);
        }
    }

    private static ReadOnlySpan<uint> NamedMsrs =>
    [
        Msr.Tsc, Msr.Efer, Msr.Star, Msr.LStar, Msr.CStar, Msr.SFMask, Msr.FsBase, Msr.GsBase, Msr.KernelGsBase,
        Msr.SysenterCs, Msr.SysenterEsp, Msr.SysenterEip, Msr.TscAux, Msr.Pkrs,
    ];
}
