namespace Nestvisor.X64;

/// <summary>Numbers of model-specific registers (Intel SDM vol. 4, AMD APM vol. 2 appendix A).</summary>
public static class Msr
{
    /// <summary>P5_MC_ADDR.</summary>
    public const uint P5McAddr = 0x0;

    /// <summary>P5_MC_TYPE.</summary>
    public const uint P5McType = 0x1;

    /// <summary>Time-stamp counter.</summary>
    public const uint Tsc = 0x10;

    /// <summary>IA32_PLATFORM_ID.</summary>
    public const uint PlatformId = 0x17;

    /// <summary>IA32_APIC_BASE.</summary>
    public const uint ApicBase = 0x1B;

    /// <summary>IA32_FEATURE_CONTROL.</summary>
    public const uint FeatureControl = 0x3A;

    /// <summary>IA32_TSC_ADJUST.</summary>
    public const uint TscAdjust = 0x3B;

    /// <summary>IA32_SPEC_CTRL.</summary>
    public const uint SpecCtrl = 0x48;

    /// <summary>IA32_PRED_CMD.</summary>
    public const uint PredCmd = 0x49;

    /// <summary>IA32_BIOS_UPDT_TRIG.</summary>
    public const uint BiosUpdateTrigger = 0x79;

    /// <summary>IA32_BIOS_SIGN_ID, on AMD the patch level.</summary>
    public const uint BiosSignId = 0x8B;

    /// <summary>IA32_MPERF.</summary>
    public const uint Mperf = 0xE7;

    /// <summary>IA32_APERF.</summary>
    public const uint Aperf = 0xE8;

    /// <summary>IA32_MTRRCAP.</summary>
    public const uint MtrrCap = 0xFE;

    /// <summary>IA32_ARCH_CAPABILITIES.</summary>
    public const uint ArchCapabilities = 0x10A;

    /// <summary>IA32_FLUSH_CMD.</summary>
    public const uint FlushCmd = 0x10B;

    /// <summary>SYSENTER_CS.</summary>
    public const uint SysenterCs = 0x174;

    /// <summary>SYSENTER_ESP.</summary>
    public const uint SysenterEsp = 0x175;

    /// <summary>SYSENTER_EIP.</summary>
    public const uint SysenterEip = 0x176;

    /// <summary>Machine-check global capabilities.</summary>
    public const uint McgCap = 0x179;

    /// <summary>Machine-check global status.</summary>
    public const uint McgStatus = 0x17A;

    /// <summary>Machine-check global control.</summary>
    public const uint McgCtl = 0x17B;

    /// <summary>DebugCtl.</summary>
    public const uint DebugCtl = 0x1D9;

    /// <summary>LastBranchFromIP.</summary>
    public const uint LastBranchFromIp = 0x1DB;

    /// <summary>LastBranchToIP.</summary>
    public const uint LastBranchToIp = 0x1DC;

    /// <summary>LastExceptionFromIP.</summary>
    public const uint LastIntFromIp = 0x1DD;

    /// <summary>LastExceptionToIP.</summary>
    public const uint LastIntToIp = 0x1DE;

    /// <summary>First variable MTRR base; mask and further pairs follow.</summary>
    public const uint MtrrPhysBase0 = 0x200;

    /// <summary>Mask of the eighth variable MTRR.</summary>
    public const uint MtrrPhysMask7 = 0x20F;

    /// <summary>MTRRfix64K_00000.</summary>
    public const uint MtrrFix64K00000 = 0x250;

    /// <summary>MTRRfix16K_80000.</summary>
    public const uint MtrrFix16K80000 = 0x258;

    /// <summary>MTRRfix16K_A0000.</summary>
    public const uint MtrrFix16KA0000 = 0x259;

    /// <summary>First of the eight 4 KiB fixed MTRRs.</summary>
    public const uint MtrrFix4KC0000 = 0x268;

    /// <summary>Last of the eight 4 KiB fixed MTRRs.</summary>
    public const uint MtrrFix4KF8000 = 0x26F;

    /// <summary>Page-attribute table.</summary>
    public const uint Pat = 0x277;

    /// <summary>MTRRdefType.</summary>
    public const uint MtrrDefType = 0x2FF;

    /// <summary>First register of the first machine-check bank; four a bank.</summary>
    public const uint Mc0Ctl = 0x400;

    /// <summary>IA32_MISC_ENABLE.</summary>
    public const uint MiscEnable = 0x1A0;

    /// <summary>IA32_TSC_DEADLINE.</summary>
    public const uint TscDeadline = 0x6E0;

    /// <summary>IA32_PKRS: rights of supervisor protection keys.</summary>
    public const uint Pkrs = 0x6E1;

    /// <summary>First x2APIC register.</summary>
    public const uint X2ApicFirst = 0x800;

    /// <summary>Last x2APIC register.</summary>
    public const uint X2ApicLast = 0x8FF;

    /// <summary>XSS: supervisor state components.</summary>
    public const uint Xss = 0xDA0;

    /// <summary>KVM paravirtual wall clock.</summary>
    public const uint KvmWallClock = 0x4B56_4D00;

    /// <summary>KVM paravirtual system time.</summary>
    public const uint KvmSystemTime = 0x4B56_4D01;

    /// <summary>Extended feature enable.</summary>
    public const uint Efer = 0xC000_0080;

    /// <summary>SYSCALL selectors.</summary>
    public const uint Star = 0xC000_0081;

    /// <summary>SYSCALL target in 64-bit mode.</summary>
    public const uint LStar = 0xC000_0082;

    /// <summary>SYSCALL target in compatibility mode.</summary>
    public const uint CStar = 0xC000_0083;

    /// <summary>SYSCALL flag mask.</summary>
    public const uint SFMask = 0xC000_0084;

    /// <summary>FS.base.</summary>
    public const uint FsBase = 0xC000_0100;

    /// <summary>GS.base.</summary>
    public const uint GsBase = 0xC000_0101;

    /// <summary>Swapped with GS.base by SWAPGS.</summary>
    public const uint KernelGsBase = 0xC000_0102;

    /// <summary>Value RDTSCP leaves in ECX.</summary>
    public const uint TscAux = 0xC000_0103;

    /// <summary>TSC ratio of a guest (AMD APM vol. 2 §15.30.5).</summary>
    public const uint TscRatio = 0xC000_0104;

    /// <summary>PerfEvtSel0, the first of four event selectors.</summary>
    public const uint PerfEvtSel0 = 0xC001_0000;

    /// <summary>PerfCtr3, the last of four counters; they follow the selectors.</summary>
    public const uint PerfCtr3 = 0xC001_0007;

    /// <summary>SYSCFG.</summary>
    public const uint SysCfg = 0xC001_0010;

    /// <summary>HWCR.</summary>
    public const uint HwCr = 0xC001_0015;

    /// <summary>HWCR: SMM is locked. It is set once, and makes the registers of SMM read-only.</summary>
    public const ulong HwCrSmmLock = 1;

    /// <summary>IORRBase0.</summary>
    public const uint IorrBase0 = 0xC001_0016;

    /// <summary>TOP_MEM.</summary>
    public const uint TopMem = 0xC001_001A;

    /// <summary>TOP_MEM2.</summary>
    public const uint TopMem2 = 0xC001_001D;

    /// <summary>NB_CFG.</summary>
    public const uint NbCfg = 0xC001_001F;

    /// <summary>Patch loader.</summary>
    public const uint PatchLoader = 0xC001_0020;

    /// <summary>P-state current limit.</summary>
    public const uint PStateCurrentLimit = 0xC001_0061;

    /// <summary>P-state control.</summary>
    public const uint PStateControl = 0xC001_0062;

    /// <summary>P-state status.</summary>
    public const uint PStateStatus = 0xC001_0063;

    /// <summary>First P-state definition.</summary>
    public const uint PState0 = 0xC001_0064;

    /// <summary>OSVW_ID_LENGTH.</summary>
    public const uint OsvwIdLength = 0xC001_0140;

    /// <summary>OSVW_STATUS.</summary>
    public const uint OsvwStatus = 0xC001_0141;

    /// <summary>SMM_ADDR: where the TSEG begins (AMD APM vol. 2 §10.2.5).</summary>
    public const uint SmmAddr = 0xC001_0112;

    /// <summary>SMM_MASK: how big it is, and whether it is there.</summary>
    public const uint SmmMask = 0xC001_0113;

    /// <summary>VM_CR (AMD APM vol. 2 §15.30.1).</summary>
    public const uint VmCr = 0xC001_0114;

    /// <summary>IGNNE.</summary>
    public const uint IgnNe = 0xC001_0115;

    /// <summary>SMM_CTL.</summary>
    public const uint SmmCtl = 0xC001_0116;

    /// <summary>VM_HSAVE_PA (AMD APM vol. 2 §15.30.4).</summary>
    public const uint VmHsavePa = 0xC001_0117;

    /// <summary>SVM_KEY.</summary>
    public const uint SvmKey = 0xC001_0118;

    /// <summary>VIRT_SPEC_CTRL.</summary>
    public const uint VirtSpecCtrl = 0xC001_011F;

    /// <summary>LS_CFG.</summary>
    public const uint LsCfg = 0xC001_1020;

    /// <summary>DC_CFG.</summary>
    public const uint DcCfg = 0xC001_1022;

    /// <summary>DE_CFG.</summary>
    public const uint DeCfg = 0xC001_1029;

    /// <summary>BU_CFG2.</summary>
    public const uint BuCfg2 = 0xC001_102A;
}
