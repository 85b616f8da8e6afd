namespace Nestvisor.Engine.Software.Translation;

/// <summary>How an instruction is re-emitted.</summary>
internal enum Recipe : byte
{
    /// <summary>Not at all: it is interpreted.</summary>
    None,

    /// <summary>The same instruction on the registers that stand for the guest's, and on host memory after a check.</summary>
    Plain,

    /// <summary>As <see cref="Plain"/>; an x87-free instruction on vector registers.</summary>
    Vector,

    /// <summary>The same x87 instruction, with the instruction and data pointers kept for the guest.</summary>
    X87,

    /// <summary>FLDCW, unless it unmasks an exception.</summary>
    LoadX87Control,

    /// <summary>FNSTSW AX.</summary>
    StoreX87Status,

    /// <summary>Nothing to do.</summary>
    Nothing,

    /// <summary>LEA.</summary>
    LoadAddress,

    /// <summary>Shift or rotation by CL.</summary>
    ShiftByCl,

    /// <summary>MUL and IMUL with RDX:RAX.</summary>
    Multiply,

    /// <summary>DIV.</summary>
    Divide,

    /// <summary>IDIV.</summary>
    SignedDivide,

    /// <summary>CBW, CWDE, CDQE.</summary>
    WidenAccumulator,

    /// <summary>CWD, CDQ, CQO.</summary>
    SpreadSign,

    /// <summary>CMPXCHG.</summary>
    CompareExchange,

    /// <summary>CMPXCHG8B and CMPXCHG16B.</summary>
    CompareExchangeWide,

    /// <summary>BT, BTS, BTR and BTC with an index in a register and a string of bits in memory.</summary>
    BitString,

    /// <summary>The look at a bit of the control block that comes before an instruction in guest mode.</summary>
    InterceptCheck,

    /// <summary>CLI.</summary>
    ClearInterruptFlag,

    /// <summary>STI.</summary>
    SetInterruptFlag,

    /// <summary>CLAC and STAC.</summary>
    SetAlignmentFlag,
    SwapGs,
    ReadProtectionKeys,

    /// <summary>MOV of a segment's selector to a register.</summary>
    ReadSelector,

    /// <summary>MOV from CR0, CR2, CR3 and CR4.</summary>
    ReadControlRegister,
    PushFlags,

    /// <summary>REP STOS.</summary>
    RepeatedStore,

    /// <summary>REP MOVS.</summary>
    RepeatedMove,
    Push,
    Pop,
    Leave,
    Call,
    CallIndirect,
    Jump,
    JumpIndirect,
    JumpConditional,
    Return,

    /// <summary>SYSCALL of 64-bit code at CPL 3.</summary>
    SystemCall,

    /// <summary>SYSRET to 64-bit code.</summary>
    SystemReturn,
}
