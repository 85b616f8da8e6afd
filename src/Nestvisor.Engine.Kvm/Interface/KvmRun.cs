using System.Runtime.InteropServices;

namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>The part of struct kvm_run that the engine uses. It is shared with the kernel.</summary>
[StructLayout(LayoutKind.Explicit, Size = 2352)]
internal unsafe struct KvmRun
{
    [FieldOffset(0)]
    public byte RequestInterruptWindow;

    [FieldOffset(1)]
    public byte ImmediateExit;

    [FieldOffset(8)]
    public KvmExitReason ExitReason;

    [FieldOffset(12)]
    public byte ReadyForInterruptInjection;

    [FieldOffset(16)]
    public ulong Cr8;

    [FieldOffset(24)]
    public ulong ApicBase;

    // KVM_EXIT_IO
    [FieldOffset(32)]
    public byte IoDirection;

    [FieldOffset(33)]
    public byte IoSize;

    [FieldOffset(34)]
    public ushort IoPort;

    [FieldOffset(36)]
    public uint IoCount;

    [FieldOffset(40)]
    public ulong IoDataOffset;

    // KVM_EXIT_MMIO
    [FieldOffset(32)]
    public ulong MmioAddress;

    [FieldOffset(40)]
    public fixed byte MmioData[8];

    [FieldOffset(48)]
    public uint MmioLength;

    [FieldOffset(52)]
    public byte MmioIsWrite;

    // KVM_EXIT_X86_RDMSR and WRMSR
    [FieldOffset(32)]
    public byte MsrError;

    [FieldOffset(44)]
    public uint MsrIndex;

    [FieldOffset(48)]
    public ulong MsrData;

    // KVM_EXIT_IOAPIC_EOI
    [FieldOffset(32)]
    public byte EoiVector;

    // KVM_EXIT_FAIL_ENTRY
    [FieldOffset(32)]
    public ulong HardwareEntryFailureReason;

    // KVM_EXIT_INTERNAL_ERROR
    [FieldOffset(32)]
    public uint InternalSuberror;

    [FieldOffset(36)]
    public uint InternalDataCount;

    [FieldOffset(40)]
    public fixed ulong InternalData[16];

    // KVM_EXIT_SYSTEM_EVENT
    [FieldOffset(32)]
    public uint SystemEventType;
}
