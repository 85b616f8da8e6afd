namespace Nestvisor.X64.Svm;

/// <summary>
/// Offsets in the virtual machine control block (AMD APM vol. 2 appendix B): the control area is the first 400h bytes, the
/// state-save area follows. All fields are little-endian; 64 bits wide unless they say otherwise.
/// </summary>
public static class VmcbOffsets
{
    /// <summary>Size and alignment of a VMCB.</summary>
    public const int Bytes = 0x1000;

    /// <summary>Size of the control area.</summary>
    public const int ControlBytes = 0x400;

    /// <summary>Bytes of the state-save area up to the last field that is used.</summary>
    public const int SaveBytes = 0x2E8;

    /// <summary>Intercepts of CR reads (bits 15:0) and writes (31:16).</summary>
    public const int InterceptCr = 0x000;

    /// <summary>Intercepts of DR reads (bits 15:0) and writes (31:16).</summary>
    public const int InterceptDr = 0x004;

    /// <summary>Intercepts of exception vectors 0 to 31.</summary>
    public const int InterceptExceptions = 0x008;

    /// <summary>First vector of instruction and event intercepts, <see cref="SvmIntercept"/> 0 to 31.</summary>
    public const int InterceptMisc1 = 0x00C;

    /// <summary>Second vector, <see cref="SvmIntercept"/> 32 to 63.</summary>
    public const int InterceptMisc2 = 0x010;

    /// <summary>Third vector, <see cref="SvmIntercept"/> 64 to 95.</summary>
    public const int InterceptMisc3 = 0x014;

    /// <summary>PAUSE filter threshold, 16 bits.</summary>
    public const int PauseFilterThreshold = 0x03C;

    /// <summary>PAUSE filter count, 16 bits.</summary>
    public const int PauseFilterCount = 0x03E;

    /// <summary>Physical address of the I/O permission map.</summary>
    public const int IopmBasePa = 0x040;

    /// <summary>Physical address of the MSR permission map.</summary>
    public const int MsrpmBasePa = 0x048;

    /// <summary>Added to the TSC in the guest.</summary>
    public const int TscOffset = 0x050;

    /// <summary>Address-space identifier, 32 bits.</summary>
    public const int GuestAsid = 0x058;

    /// <summary>TLB_CONTROL, 8 bits; values in <see cref="TlbControl"/>.</summary>
    public const int TlbControl = 0x05C;

    /// <summary>V_TPR, V_IRQ and kin; bits in <see cref="VirtualInterrupt"/>.</summary>
    public const int VirtualInterrupt = 0x060;

    /// <summary>Bit 0: interrupt shadow; bit 1: the guest's RFLAGS.IF.</summary>
    public const int InterruptShadow = 0x068;

    /// <summary>EXITCODE.</summary>
    public const int ExitCode = 0x070;

    /// <summary>EXITINFO1.</summary>
    public const int ExitInfo1 = 0x078;

    /// <summary>EXITINFO2.</summary>
    public const int ExitInfo2 = 0x080;

    /// <summary>EXITINTINFO: the event whose delivery was intercepted.</summary>
    public const int ExitIntInfo = 0x088;

    /// <summary>Bit 0: nested paging; the others are SEV and kin.</summary>
    public const int NestedControl = 0x090;

    /// <summary>AVIC APIC_BAR.</summary>
    public const int AvicApicBar = 0x098;

    /// <summary>Physical address of the GHCB.</summary>
    public const int GhcbPa = 0x0A0;

    /// <summary>EVENTINJ: the event to deliver on VMRUN.</summary>
    public const int EventInjection = 0x0A8;

    /// <summary>N_CR3: root of the nested page table.</summary>
    public const int NestedCr3 = 0x0B0;

    /// <summary>Bit 0: LBR virtualization; bit 1: virtualized VMSAVE and VMLOAD.</summary>
    public const int VirtualExtensions = 0x0B8;

    /// <summary>VMCB clean bits.</summary>
    public const int CleanBits = 0x0C0;

    /// <summary>nRIP: the instruction after the intercepted one.</summary>
    public const int NextRip = 0x0C8;

    /// <summary>Number of instruction bytes, 8 bits.</summary>
    public const int FetchedBytes = 0x0D0;

    /// <summary>The instruction bytes, up to 15.</summary>
    public const int InstructionBytes = 0x0D1;

    /// <summary>AVIC backing page.</summary>
    public const int AvicBackingPage = 0x0E0;

    /// <summary>AVIC logical table.</summary>
    public const int AvicLogicalTable = 0x0F0;

    /// <summary>AVIC physical table.</summary>
    public const int AvicPhysicalTable = 0x0F8;

    /// <summary>Physical address of the VMSA.</summary>
    public const int VmsaPa = 0x108;

    /// <summary>First of 32 bytes that are the host's.</summary>
    public const int HostReserved = 0x3E0;

    /// <summary>ES: selector, attributes, limit, base.</summary>
    public const int Es = 0x400;

    /// <summary>CS.</summary>
    public const int Cs = 0x410;

    /// <summary>SS.</summary>
    public const int Ss = 0x420;

    /// <summary>DS.</summary>
    public const int Ds = 0x430;

    /// <summary>FS.</summary>
    public const int Fs = 0x440;

    /// <summary>GS.</summary>
    public const int Gs = 0x450;

    /// <summary>GDTR: limit and base.</summary>
    public const int Gdtr = 0x460;

    /// <summary>LDTR.</summary>
    public const int Ldtr = 0x470;

    /// <summary>IDTR: limit and base.</summary>
    public const int Idtr = 0x480;

    /// <summary>TR.</summary>
    public const int Tr = 0x490;

    /// <summary>CPL, 8 bits.</summary>
    public const int Cpl = 0x4CB;

    /// <summary>EFER.</summary>
    public const int Efer = 0x4D0;

    /// <summary>CR4.</summary>
    public const int Cr4 = 0x548;

    /// <summary>CR3.</summary>
    public const int Cr3 = 0x550;

    /// <summary>CR0.</summary>
    public const int Cr0 = 0x558;

    /// <summary>DR7.</summary>
    public const int Dr7 = 0x560;

    /// <summary>DR6.</summary>
    public const int Dr6 = 0x568;

    /// <summary>RFLAGS.</summary>
    public const int Rflags = 0x570;

    /// <summary>RIP.</summary>
    public const int Rip = 0x578;

    /// <summary>RSP.</summary>
    public const int Rsp = 0x5D8;

    /// <summary>S_CET.</summary>
    public const int SCet = 0x5E0;

    /// <summary>SSP.</summary>
    public const int Ssp = 0x5E8;

    /// <summary>ISST_ADDR.</summary>
    public const int IsstAddr = 0x5F0;

    /// <summary>RAX.</summary>
    public const int Rax = 0x5F8;

    /// <summary>STAR.</summary>
    public const int Star = 0x600;

    /// <summary>LSTAR.</summary>
    public const int LStar = 0x608;

    /// <summary>CSTAR.</summary>
    public const int CStar = 0x610;

    /// <summary>SFMASK.</summary>
    public const int SFMask = 0x618;

    /// <summary>KernelGsBase.</summary>
    public const int KernelGsBase = 0x620;

    /// <summary>SYSENTER_CS.</summary>
    public const int SysenterCs = 0x628;

    /// <summary>SYSENTER_ESP.</summary>
    public const int SysenterEsp = 0x630;

    /// <summary>SYSENTER_EIP.</summary>
    public const int SysenterEip = 0x638;

    /// <summary>CR2.</summary>
    public const int Cr2 = 0x640;

    /// <summary>G_PAT: the guest's PAT under nested paging.</summary>
    public const int GPat = 0x668;

    /// <summary>DebugCtl.</summary>
    public const int DebugCtl = 0x670;

    /// <summary>LastBranchFromIP.</summary>
    public const int BranchFrom = 0x678;

    /// <summary>LastBranchToIP.</summary>
    public const int BranchTo = 0x680;

    /// <summary>LastExceptionFromIP.</summary>
    public const int LastExceptionFrom = 0x688;

    /// <summary>LastExceptionToIP.</summary>
    public const int LastExceptionTo = 0x690;

    /// <summary>SPEC_CTRL.</summary>
    public const int SpecCtrl = 0x6E0;

    /// <summary>Within a segment: selector, 16 bits.</summary>
    public const int SegmentSelector = 0x000;

    /// <summary>Within a segment: attributes, 12 bits.</summary>
    public const int SegmentAttributes = 0x002;

    /// <summary>Within a segment: limit, 32 bits.</summary>
    public const int SegmentLimit = 0x004;

    /// <summary>Within a segment: base, 64 bits.</summary>
    public const int SegmentBase = 0x008;
}
