using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_regs.</summary>
internal struct KvmRegs
{
    public ulong Rax, Rbx, Rcx, Rdx;
    public ulong Rsi, Rdi, Rsp, Rbp;
    public ulong R8, R9, R10, R11;
    public ulong R12, R13, R14, R15;
    public ulong Rip, Rflags;
}

/// <summary>struct kvm_segment.</summary>
internal struct KvmSegment
{
    public ulong Base;
    public uint Limit;
    public ushort Selector;
    public byte Type;
    public byte Present, Dpl, Db, S, L, G, Avl;
    public byte Unusable;
    public byte Padding;
}

/// <summary>struct kvm_dtable.</summary>
internal struct KvmDescriptorTable
{
    public ulong Base;
    public ushort Limit;
    public ushort Padding1, Padding2, Padding3;
}

/// <summary>struct kvm_sregs.</summary>
internal struct KvmSregs
{
    public KvmSegment Cs, Ds, Es, Fs, Gs, Ss;
    public KvmSegment Tr, Ldt;
    public KvmDescriptorTable Gdt, Idt;
    public ulong Cr0, Cr2, Cr3, Cr4, Cr8;
    public ulong Efer;
    public ulong ApicBase;
    public InterruptBitmap Interrupts;

    [InlineArray(4)]
    internal struct InterruptBitmap
    {
        private ulong _first;
    }
}

/// <summary>struct kvm_debugregs.</summary>
internal struct KvmDebugRegs
{
    public ulong Db0, Db1, Db2, Db3;
    public ulong Dr6, Dr7;
    public ulong Flags;
    public Reserved Unused;

    [InlineArray(9)]
    internal struct Reserved
    {
        private ulong _first;
    }
}

/// <summary>struct kvm_xcrs with its 16 entries.</summary>
internal struct KvmXcrs
{
    public uint Count;
    public uint Flags;
    public Entries Values;
    public Reserved Unused;

    /// <summary>struct kvm_xcr: {u32 xcr, u32 reserved, u64 value}.</summary>
    internal struct Entry
    {
        public uint Xcr;
        public uint Reserved;
        public ulong Value;
    }

    [InlineArray(16)]
    internal struct Entries
    {
        private Entry _first;
    }

    [InlineArray(16)]
    internal struct Reserved
    {
        private ulong _first;
    }
}
