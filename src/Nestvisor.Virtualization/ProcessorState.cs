namespace Nestvisor.Virtualization;

/// <summary>
/// The state of one virtual processor between two instructions, the same for both engines and both vendors. It is what a
/// save stores, what a boot loader sets and what tests compare.
/// </summary>
public sealed class ProcessorState
{
    /// <summary>General registers in encoding order: RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15.</summary>
    public ulong[] Gpr { get; } = new ulong[16];

    /// <summary>Instruction pointer.</summary>
    public ulong Rip { get; set; }

    /// <summary>Flags.</summary>
    public ulong Rflags { get; set; } = 2;

    /// <summary>Segment registers in encoding order: ES CS SS DS FS GS.</summary>
    public SegmentState[] Segments { get; } = new SegmentState[6];

    /// <summary>Local descriptor table register.</summary>
    public SegmentState Ldtr { get; set; }

    /// <summary>Task register.</summary>
    public SegmentState Tr { get; set; }

    /// <summary>Base of the global descriptor table.</summary>
    public ulong GdtrBase { get; set; }

    /// <summary>Limit of the global descriptor table.</summary>
    public ushort GdtrLimit { get; set; }

    /// <summary>Base of the interrupt descriptor table.</summary>
    public ulong IdtrBase { get; set; }

    /// <summary>Limit of the interrupt descriptor table.</summary>
    public ushort IdtrLimit { get; set; }

    /// <summary>CR0.</summary>
    public ulong Cr0 { get; set; }

    /// <summary>CR2.</summary>
    public ulong Cr2 { get; set; }

    /// <summary>CR3.</summary>
    public ulong Cr3 { get; set; }

    /// <summary>CR4.</summary>
    public ulong Cr4 { get; set; }

    /// <summary>CR8, the task priority (bits 7:4 of the local APIC's TPR).</summary>
    public ulong Cr8 { get; set; }

    /// <summary>Extended feature enable register.</summary>
    public ulong Efer { get; set; }

    /// <summary>Extended control register 0.</summary>
    public ulong Xcr0 { get; set; } = 1;

    /// <summary>Debug registers; 4 and 5 are not used.</summary>
    public ulong[] Dr { get; } = new ulong[8];

    /// <summary>x87 and SSE state in the 512-byte layout of FXSAVE64 (Intel SDM vol. 1 §10.5.1).</summary>
    public byte[] Fx { get; } = new byte[512];

    /// <summary>Upper halves of YMM0 to YMM15, 16 bytes each.</summary>
    public byte[] YmmHigh { get; } = new byte[256];

    /// <summary>Protection-key rights of user pages.</summary>
    public uint Pkru { get; set; }

    /// <summary>All other model-specific registers that the engine has, by number. The TSC (10h) is as at the moment of the copy.</summary>
    public SortedDictionary<uint, ulong> Msrs { get; } = [];

    /// <summary>The local APIC's register page as the manuals lay it out, one 32-bit register every 16 bytes.</summary>
    public byte[] LocalApic { get; } = new byte[1024];

    /// <summary>What the processor waits for or blocks.</summary>
    public ProcessorActivity Activity { get; set; }

    /// <summary>Interrupts are blocked for one instruction by STI (bit 0) or MOV/POP SS (bit 1).</summary>
    public byte InterruptShadow { get; set; }

    /// <summary>NMIs are blocked until IRET.</summary>
    public bool NmiBlocked { get; set; }

    /// <summary>An NMI waits for delivery.</summary>
    public bool NmiPending { get; set; }

    /// <summary>
    /// An exception or interrupt whose delivery has begun and must be done anew, in the form of the VMCB's EVENTINJ (AMD APM
    /// vol. 2 §15.20); 0 if there is none.
    /// </summary>
    public ulong PendingEvent { get; set; }

    /// <summary>
    /// Nested-virtualization state: the engine's own fields as <see cref="StateWriter"/> writes them (Software) or the
    /// kernel's KVM_GET_NESTED_STATE blob (Kvm); empty when the processor is not in guest mode and holds none.
    /// </summary>
    public byte[] Nested { get; set; } = [];
}
