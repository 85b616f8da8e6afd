namespace Nestvisor.X64.Svm;

/// <summary>EXITCODE of a #VMEXIT (AMD APM vol. 2 appendix C). The field is 64 bits wide.</summary>
public enum SvmExitCode : long
{
    /// <summary>Read of CR0.</summary>
    ReadCr0 = 0x000,

    /// <summary>Read of CR1.</summary>
    ReadCr1 = 0x001,

    /// <summary>Read of CR2.</summary>
    ReadCr2 = 0x002,

    /// <summary>Read of CR3.</summary>
    ReadCr3 = 0x003,

    /// <summary>Read of CR4.</summary>
    ReadCr4 = 0x004,

    /// <summary>Read of CR5.</summary>
    ReadCr5 = 0x005,

    /// <summary>Read of CR6.</summary>
    ReadCr6 = 0x006,

    /// <summary>Read of CR7.</summary>
    ReadCr7 = 0x007,

    /// <summary>Read of CR8.</summary>
    ReadCr8 = 0x008,

    /// <summary>Read of CR9.</summary>
    ReadCr9 = 0x009,

    /// <summary>Read of CR10.</summary>
    ReadCr10 = 0x00A,

    /// <summary>Read of CR11.</summary>
    ReadCr11 = 0x00B,

    /// <summary>Read of CR12.</summary>
    ReadCr12 = 0x00C,

    /// <summary>Read of CR13.</summary>
    ReadCr13 = 0x00D,

    /// <summary>Read of CR14.</summary>
    ReadCr14 = 0x00E,

    /// <summary>Read of CR15.</summary>
    ReadCr15 = 0x00F,

    /// <summary>Write of CR0.</summary>
    WriteCr0 = 0x010,

    /// <summary>Write of CR1.</summary>
    WriteCr1 = 0x011,

    /// <summary>Write of CR2.</summary>
    WriteCr2 = 0x012,

    /// <summary>Write of CR3.</summary>
    WriteCr3 = 0x013,

    /// <summary>Write of CR4.</summary>
    WriteCr4 = 0x014,

    /// <summary>Write of CR5.</summary>
    WriteCr5 = 0x015,

    /// <summary>Write of CR6.</summary>
    WriteCr6 = 0x016,

    /// <summary>Write of CR7.</summary>
    WriteCr7 = 0x017,

    /// <summary>Write of CR8.</summary>
    WriteCr8 = 0x018,

    /// <summary>Write of CR9.</summary>
    WriteCr9 = 0x019,

    /// <summary>Write of CR10.</summary>
    WriteCr10 = 0x01A,

    /// <summary>Write of CR11.</summary>
    WriteCr11 = 0x01B,

    /// <summary>Write of CR12.</summary>
    WriteCr12 = 0x01C,

    /// <summary>Write of CR13.</summary>
    WriteCr13 = 0x01D,

    /// <summary>Write of CR14.</summary>
    WriteCr14 = 0x01E,

    /// <summary>Write of CR15.</summary>
    WriteCr15 = 0x01F,

    /// <summary>Read of DR0.</summary>
    ReadDr0 = 0x020,

    /// <summary>Read of DR1.</summary>
    ReadDr1 = 0x021,

    /// <summary>Read of DR2.</summary>
    ReadDr2 = 0x022,

    /// <summary>Read of DR3.</summary>
    ReadDr3 = 0x023,

    /// <summary>Read of DR4.</summary>
    ReadDr4 = 0x024,

    /// <summary>Read of DR5.</summary>
    ReadDr5 = 0x025,

    /// <summary>Read of DR6.</summary>
    ReadDr6 = 0x026,

    /// <summary>Read of DR7.</summary>
    ReadDr7 = 0x027,

    /// <summary>Read of DR8.</summary>
    ReadDr8 = 0x028,

    /// <summary>Read of DR9.</summary>
    ReadDr9 = 0x029,

    /// <summary>Read of DR10.</summary>
    ReadDr10 = 0x02A,

    /// <summary>Read of DR11.</summary>
    ReadDr11 = 0x02B,

    /// <summary>Read of DR12.</summary>
    ReadDr12 = 0x02C,

    /// <summary>Read of DR13.</summary>
    ReadDr13 = 0x02D,

    /// <summary>Read of DR14.</summary>
    ReadDr14 = 0x02E,

    /// <summary>Read of DR15.</summary>
    ReadDr15 = 0x02F,

    /// <summary>Write of DR0.</summary>
    WriteDr0 = 0x030,

    /// <summary>Write of DR1.</summary>
    WriteDr1 = 0x031,

    /// <summary>Write of DR2.</summary>
    WriteDr2 = 0x032,

    /// <summary>Write of DR3.</summary>
    WriteDr3 = 0x033,

    /// <summary>Write of DR4.</summary>
    WriteDr4 = 0x034,

    /// <summary>Write of DR5.</summary>
    WriteDr5 = 0x035,

    /// <summary>Write of DR6.</summary>
    WriteDr6 = 0x036,

    /// <summary>Write of DR7.</summary>
    WriteDr7 = 0x037,

    /// <summary>Write of DR8.</summary>
    WriteDr8 = 0x038,

    /// <summary>Write of DR9.</summary>
    WriteDr9 = 0x039,

    /// <summary>Write of DR10.</summary>
    WriteDr10 = 0x03A,

    /// <summary>Write of DR11.</summary>
    WriteDr11 = 0x03B,

    /// <summary>Write of DR12.</summary>
    WriteDr12 = 0x03C,

    /// <summary>Write of DR13.</summary>
    WriteDr13 = 0x03D,

    /// <summary>Write of DR14.</summary>
    WriteDr14 = 0x03E,

    /// <summary>Write of DR15.</summary>
    WriteDr15 = 0x03F,

    /// <summary>First of 32: exception vectors 0 to 31; see <see cref="ExceptionVector"/>.</summary>
    Exception0 = 0x040,

    /// <summary>Physical maskable interrupt.</summary>
    Intr = 0x060,

    /// <summary>Physical NMI.</summary>
    Nmi = 0x061,

    /// <summary>Physical SMI.</summary>
    Smi = 0x062,

    /// <summary>Physical INIT.</summary>
    Init = 0x063,

    /// <summary>Virtual interrupt.</summary>
    VIntr = 0x064,

    /// <summary>CR0 write of other bits than TS and MP.</summary>
    Cr0SelWrite = 0x065,

    /// <summary>SIDT.</summary>
    IdtrRead = 0x066,

    /// <summary>SGDT.</summary>
    GdtrRead = 0x067,

    /// <summary>SLDT.</summary>
    LdtrRead = 0x068,

    /// <summary>STR.</summary>
    TrRead = 0x069,

    /// <summary>LIDT.</summary>
    IdtrWrite = 0x06A,

    /// <summary>LGDT.</summary>
    GdtrWrite = 0x06B,

    /// <summary>LLDT.</summary>
    LdtrWrite = 0x06C,

    /// <summary>LTR.</summary>
    TrWrite = 0x06D,

    /// <summary>RDTSC.</summary>
    Rdtsc = 0x06E,

    /// <summary>RDPMC.</summary>
    Rdpmc = 0x06F,

    /// <summary>PUSHF.</summary>
    Pushf = 0x070,

    /// <summary>POPF.</summary>
    Popf = 0x071,

    /// <summary>CPUID.</summary>
    Cpuid = 0x072,

    /// <summary>RSM.</summary>
    Rsm = 0x073,

    /// <summary>IRET.</summary>
    Iret = 0x074,

    /// <summary>INT n.</summary>
    Swint = 0x075,

    /// <summary>INVD.</summary>
    Invd = 0x076,

    /// <summary>PAUSE.</summary>
    Pause = 0x077,

    /// <summary>HLT.</summary>
    Hlt = 0x078,

    /// <summary>INVLPG.</summary>
    Invlpg = 0x079,

    /// <summary>INVLPGA.</summary>
    Invlpga = 0x07A,

    /// <summary>IN, OUT, INS or OUTS.</summary>
    Ioio = 0x07B,

    /// <summary>RDMSR or WRMSR.</summary>
    Msr = 0x07C,

    /// <summary>Task switch.</summary>
    TaskSwitch = 0x07D,

    /// <summary>FERR_FREEZE.</summary>
    FerrFreeze = 0x07E,

    /// <summary>Shutdown.</summary>
    Shutdown = 0x07F,

    /// <summary>VMRUN.</summary>
    Vmrun = 0x080,

    /// <summary>VMMCALL.</summary>
    Vmmcall = 0x081,

    /// <summary>VMLOAD.</summary>
    Vmload = 0x082,

    /// <summary>VMSAVE.</summary>
    Vmsave = 0x083,

    /// <summary>STGI.</summary>
    Stgi = 0x084,

    /// <summary>CLGI.</summary>
    Clgi = 0x085,

    /// <summary>SKINIT.</summary>
    Skinit = 0x086,

    /// <summary>RDTSCP.</summary>
    Rdtscp = 0x087,

    /// <summary>INT1.</summary>
    Icebp = 0x088,

    /// <summary>WBINVD or WBNOINVD.</summary>
    Wbinvd = 0x089,

    /// <summary>MONITOR or MONITORX.</summary>
    Monitor = 0x08A,

    /// <summary>MWAIT or MWAITX.</summary>
    Mwait = 0x08B,

    /// <summary>MWAIT with the monitor armed.</summary>
    MwaitConditional = 0x08C,

    /// <summary>XSETBV.</summary>
    Xsetbv = 0x08D,

    /// <summary>RDPRU.</summary>
    Rdpru = 0x08E,

    /// <summary>EFER write, after the instruction.</summary>
    EferWriteTrap = 0x08F,

    /// <summary>CR0 write, after the instruction.</summary>
    WriteCr0Trap = 0x090,

    /// <summary>CR1 write, after the instruction.</summary>
    WriteCr1Trap = 0x091,

    /// <summary>CR2 write, after the instruction.</summary>
    WriteCr2Trap = 0x092,

    /// <summary>CR3 write, after the instruction.</summary>
    WriteCr3Trap = 0x093,

    /// <summary>CR4 write, after the instruction.</summary>
    WriteCr4Trap = 0x094,

    /// <summary>CR5 write, after the instruction.</summary>
    WriteCr5Trap = 0x095,

    /// <summary>CR6 write, after the instruction.</summary>
    WriteCr6Trap = 0x096,

    /// <summary>CR7 write, after the instruction.</summary>
    WriteCr7Trap = 0x097,

    /// <summary>CR8 write, after the instruction.</summary>
    WriteCr8Trap = 0x098,

    /// <summary>CR9 write, after the instruction.</summary>
    WriteCr9Trap = 0x099,

    /// <summary>CR10 write, after the instruction.</summary>
    WriteCr10Trap = 0x09A,

    /// <summary>CR11 write, after the instruction.</summary>
    WriteCr11Trap = 0x09B,

    /// <summary>CR12 write, after the instruction.</summary>
    WriteCr12Trap = 0x09C,

    /// <summary>CR13 write, after the instruction.</summary>
    WriteCr13Trap = 0x09D,

    /// <summary>CR14 write, after the instruction.</summary>
    WriteCr14Trap = 0x09E,

    /// <summary>CR15 write, after the instruction.</summary>
    WriteCr15Trap = 0x09F,

    /// <summary>INVLPGB.</summary>
    Invlpgb = 0x0A0,

    /// <summary>INVLPGB with an illegal operand.</summary>
    IllegalInvlpgb = 0x0A1,

    /// <summary>INVPCID.</summary>
    Invpcid = 0x0A2,

    /// <summary>MCOMMIT.</summary>
    Mcommit = 0x0A3,

    /// <summary>TLBSYNC.</summary>
    Tlbsync = 0x0A4,

    /// <summary>Bus lock threshold.</summary>
    BusLock = 0x0A5,

    /// <summary>HLT without a pending virtual interrupt.</summary>
    IdleHlt = 0x0A6,

    /// <summary>Nested page fault.</summary>
    Npf = 0x400,

    /// <summary>AVIC: IPI that the hardware cannot deliver.</summary>
    AvicIncompleteIpi = 0x401,

    /// <summary>AVIC: register access that the hardware cannot do.</summary>
    AvicNoAccel = 0x402,

    /// <summary>VMGEXIT.</summary>
    Vmgexit = 0x403,

    /// <summary>A VMSA is in use.</summary>
    Busy = -2,

    /// <summary>Invalid guest state in the VMCB; 64 bits wide.</summary>
    Invalid = -1,
}
