using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Software.State;

/// <summary>
/// The registers of one virtual processor, in native memory at a fixed address, so that handlers and generated code reach
/// them from one pointer. <see cref="Gpr"/> comes first: operands name registers by byte offset from the start. What
/// translated code uses most follows it, within the reach of a short displacement (see <see cref="Translation.Frame"/>).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VpState
{
    /// <summary>Offset of the slot that always reads zero: "no base", "no index".</summary>
    public const int ZeroOffset = 16 * 8;

    /// <summary>Offset of the slot that holds the RIP of the running block's first instruction, the base of RIP-relative operands.</summary>
    public const int BlockRipOffset = 17 * 8;

    /// <summary>RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15, then zero, then the block's RIP.</summary>
    public fixed ulong Gpr[18];

    /// <summary>RIP; exact between blocks. Within one it is <see cref="BlockRip"/> plus the operation's offset.</summary>
    public ulong Rip;

    /// <summary>
    /// The arithmetic flags as translated code keeps them while they are not in the host's: OF in bit 0, and in bits 15:8 what
    /// LAHF gives.
    /// </summary>
    public uint NativeFlags;

    /// <summary>1 while the vector registers are in <see cref="Vector"/>; 0 while translated code has them in the host's.</summary>
    public uint VectorsIdle;

    /// <summary>As <see cref="VectorsIdle"/>, for the x87 registers.</summary>
    public uint X87Idle;

    /// <summary>x87 opcode, instruction pointer and data pointer while translated code has the x87 state in the host's.</summary>
    public uint X87Fop;
    public ulong X87Fip;
    public ulong X87Fdp;

    /// <summary>Effective addresses of x87 instructions whose pointers are not yet in place, in turn.</summary>
    public ulong X87Data0;
    public ulong X87Data1;

    /// <summary>Linear address of the page that translated code runs in; its addresses are relative to it.</summary>
    public ulong PageBase;

    /// <summary>What addresses in the jump cache are mixed with: another value for each address space and mode.</summary>
    public ulong JumpSalt;

    /// <summary>Not zero: leave the block chain and look at events. Any thread sets it.</summary>
    public int Attention;

    /// <summary>Current privilege level.</summary>
    public int Cpl;

    /// <summary>Not zero: an event waits for IF. Written before translated code is entered.</summary>
    public int EventsWaiting;

    /// <summary>Last result, sign-extended to 64 bits: ZF, SF, PF (see <see cref="LazyFlags"/>).</summary>
    public ulong FlagsResult;

    /// <summary>Carry vector of the last result: bit 63 CF, bit 63 xor bit 62 OF, bit 3 AF, and PF/ZF/SF corrections.</summary>
    public ulong FlagsAux;

    /// <summary>All bits of RFLAGS but CF, PF, AF, ZF, SF and OF; bit 1 is set.</summary>
    public ulong SystemFlags;

    /// <summary>Bases that addresses are formed with, by segment number: ES CS SS DS FS GS; zero in 64-bit mode but for FS and GS.</summary>
    public fixed ulong SegmentBase[6];

    /// <summary>Mask of the stack pointer: FFFF, FFFFFFFF, or all ones.</summary>
    public ulong StackMask;

    /// <summary>Mask of RIP when code runs on past a block: all ones in 64-bit mode, else FFFFFFFF.</summary>
    public ulong RipMask;

    /// <summary>Mask of linear addresses: all ones in 64-bit mode, else FFFFFFFF.</summary>
    public ulong LinearMask;

    /// <summary>Mode word of the running code, part of a block's key (see <see cref="Blocks.BlockMode"/>).</summary>
    public uint Mode;

    /// <summary>Inline tables of the current translation context.</summary>
    public Paging.TlbEntry* ReadTlb;

    /// <summary>As <see cref="ReadTlb"/>, for writes.</summary>
    public Paging.TlbEntry* WriteTlb;

    /// <summary>As <see cref="ReadTlb"/>, for instruction fetches.</summary>
    public Paging.TlbEntry* FetchTlb;

    /// <summary>What <see cref="ReadTlb"/> is in supervisor code with RFLAGS.AC clear, and with it set.</summary>
    public Paging.TlbEntry* TlbWithoutAc;
    public Paging.TlbEntry* TlbWithAc;

    /// <summary>The copy of the control block of the guest that runs in guest mode.</summary>
    public byte* ControlBlock;

    /// <summary>MSR KERNEL_GS_BASE.</summary>
    public ulong KernelGsBase;

    /// <summary>What SYSCALL and SYSRET in translated code change.</summary>
    public FastCalls FastCalls;

    /// <summary>Where translated code is to be entered.</summary>
    public byte* EntryPoint;

    /// <summary>Where it was left: the address after the call of the exit routine.</summary>
    public byte* ExitPoint;

    /// <summary>The thread's own stack pointer while translated code runs.</summary>
    public ulong HostStack;

    /// <summary>MXCSR of the engine's own code.</summary>
    public uint HostMxcsr;

    /// <summary>GCHandle of the <see cref="SoftwareProcessor"/>.</summary>
    public nint Owner;

    /// <summary>The exception that a handler returned <see cref="Interpreter.Status.Exception"/> for.</summary>
    public PendingException Exception;

    public SegmentRegister Es;
    public SegmentRegister Cs;
    public SegmentRegister Ss;
    public SegmentRegister Ds;
    public SegmentRegister Fs;
    public SegmentRegister Gs;
    public SegmentRegister Ldtr;
    public SegmentRegister Tr;

    public ulong GdtrBase;
    public ulong IdtrBase;
    public uint GdtrLimit;
    public uint IdtrLimit;

    public ulong Cr0;
    public ulong Cr2;
    public ulong Cr3;
    public ulong Cr4;
    public ulong Efer;
    public ulong Xcr0;
    public fixed ulong Dr[8];
    public uint Pkru;

    /// <summary>Interrupts are held off for one instruction: bit 0 by STI, bit 1 by a load of SS.</summary>
    public byte InterruptShadow;

    /// <summary>Instructions that were interpreted, for statistics: native code does not count its own.</summary>
    public long InstructionCount;

    /// <summary>PAUSEs run, to tell when to let other threads run.</summary>
    public uint Pauses;

    /// <summary>
    /// x87, MMX, SSE and AVX state, 64-byte aligned, in the standard XSAVE layout: legacy region 0 to 511, header 512 to
    /// 575, upper halves of YMM0 to YMM15 from 576 on; 1,024 bytes in all.
    /// </summary>
    public byte* Vector;

    /// <summary>Room for an operand that is not one piece of RAM.</summary>
    public byte* Scratch;

    /// <summary>RIP of the running block's first instruction.</summary>
    public ulong BlockRip
    {
        readonly get => Gpr[17];
        set => Gpr[17] = value;
    }
}
