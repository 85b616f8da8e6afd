namespace Nestvisor.X64.Svm;

/// <summary>
/// Bits of the instruction and event intercepts, numbered through the three vectors from offset 00Ch of the VMCB on: bit n is bit
/// n mod 32 of vector n / 32 (AMD APM vol. 2 table B-1). Bit n causes exit code 60h + n.
/// </summary>
public enum SvmIntercept
{
    /// <summary>Physical maskable interrupt.</summary>
    Intr = 0,

    /// <summary>Physical NMI.</summary>
    Nmi = 1,

    /// <summary>Physical SMI.</summary>
    Smi = 2,

    /// <summary>Physical INIT.</summary>
    Init = 3,

    /// <summary>Virtual interrupt.</summary>
    VIntr = 4,

    /// <summary>CR0 write of other bits than TS and MP.</summary>
    Cr0SelWrite = 5,

    /// <summary>SIDT.</summary>
    IdtrRead = 6,

    /// <summary>SGDT.</summary>
    GdtrRead = 7,

    /// <summary>SLDT.</summary>
    LdtrRead = 8,

    /// <summary>STR.</summary>
    TrRead = 9,

    /// <summary>LIDT.</summary>
    IdtrWrite = 10,

    /// <summary>LGDT.</summary>
    GdtrWrite = 11,

    /// <summary>LLDT.</summary>
    LdtrWrite = 12,

    /// <summary>LTR.</summary>
    TrWrite = 13,

    /// <summary>RDTSC.</summary>
    Rdtsc = 14,

    /// <summary>RDPMC.</summary>
    Rdpmc = 15,

    /// <summary>PUSHF.</summary>
    Pushf = 16,

    /// <summary>POPF.</summary>
    Popf = 17,

    /// <summary>CPUID.</summary>
    Cpuid = 18,

    /// <summary>RSM.</summary>
    Rsm = 19,

    /// <summary>IRET.</summary>
    Iret = 20,

    /// <summary>INT n.</summary>
    Swint = 21,

    /// <summary>INVD.</summary>
    Invd = 22,

    /// <summary>PAUSE.</summary>
    Pause = 23,

    /// <summary>HLT.</summary>
    Hlt = 24,

    /// <summary>INVLPG.</summary>
    Invlpg = 25,

    /// <summary>INVLPGA.</summary>
    Invlpga = 26,

    /// <summary>IN, OUT, INS or OUTS.</summary>
    Ioio = 27,

    /// <summary>RDMSR or WRMSR.</summary>
    Msr = 28,

    /// <summary>Task switch.</summary>
    TaskSwitch = 29,

    /// <summary>FERR_FREEZE.</summary>
    FerrFreeze = 30,

    /// <summary>Shutdown.</summary>
    Shutdown = 31,

    /// <summary>VMRUN.</summary>
    Vmrun = 32,

    /// <summary>VMMCALL.</summary>
    Vmmcall = 33,

    /// <summary>VMLOAD.</summary>
    Vmload = 34,

    /// <summary>VMSAVE.</summary>
    Vmsave = 35,

    /// <summary>STGI.</summary>
    Stgi = 36,

    /// <summary>CLGI.</summary>
    Clgi = 37,

    /// <summary>SKINIT.</summary>
    Skinit = 38,

    /// <summary>RDTSCP.</summary>
    Rdtscp = 39,

    /// <summary>INT1.</summary>
    Icebp = 40,

    /// <summary>WBINVD or WBNOINVD.</summary>
    Wbinvd = 41,

    /// <summary>MONITOR or MONITORX.</summary>
    Monitor = 42,

    /// <summary>MWAIT or MWAITX.</summary>
    Mwait = 43,

    /// <summary>MWAIT with the monitor armed.</summary>
    MwaitConditional = 44,

    /// <summary>XSETBV.</summary>
    Xsetbv = 45,

    /// <summary>RDPRU.</summary>
    Rdpru = 46,

    /// <summary>EFER write, after the instruction.</summary>
    EferWriteTrap = 47,

    /// <summary>CR0 write, after the instruction.</summary>
    WriteCr0Trap = 48,

    /// <summary>CR1 write, after the instruction.</summary>
    WriteCr1Trap = 49,

    /// <summary>CR2 write, after the instruction.</summary>
    WriteCr2Trap = 50,

    /// <summary>CR3 write, after the instruction.</summary>
    WriteCr3Trap = 51,

    /// <summary>CR4 write, after the instruction.</summary>
    WriteCr4Trap = 52,

    /// <summary>CR5 write, after the instruction.</summary>
    WriteCr5Trap = 53,

    /// <summary>CR6 write, after the instruction.</summary>
    WriteCr6Trap = 54,

    /// <summary>CR7 write, after the instruction.</summary>
    WriteCr7Trap = 55,

    /// <summary>CR8 write, after the instruction.</summary>
    WriteCr8Trap = 56,

    /// <summary>CR9 write, after the instruction.</summary>
    WriteCr9Trap = 57,

    /// <summary>CR10 write, after the instruction.</summary>
    WriteCr10Trap = 58,

    /// <summary>CR11 write, after the instruction.</summary>
    WriteCr11Trap = 59,

    /// <summary>CR12 write, after the instruction.</summary>
    WriteCr12Trap = 60,

    /// <summary>CR13 write, after the instruction.</summary>
    WriteCr13Trap = 61,

    /// <summary>CR14 write, after the instruction.</summary>
    WriteCr14Trap = 62,

    /// <summary>CR15 write, after the instruction.</summary>
    WriteCr15Trap = 63,

    /// <summary>INVLPGB.</summary>
    Invlpgb = 64,

    /// <summary>INVLPGB with an illegal operand.</summary>
    IllegalInvlpgb = 65,

    /// <summary>INVPCID.</summary>
    Invpcid = 66,

    /// <summary>MCOMMIT.</summary>
    Mcommit = 67,

    /// <summary>TLBSYNC.</summary>
    Tlbsync = 68,

    /// <summary>Bus lock threshold.</summary>
    BusLock = 69,

    /// <summary>HLT without a pending virtual interrupt.</summary>
    IdleHlt = 70,
}
