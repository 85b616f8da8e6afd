using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_vcpu_events.</summary>
internal struct KvmVcpuEvents
{
    /// <summary>KVM_VCPUEVENT_VALID_NMI_PENDING.</summary>
    public const uint ValidNmiPending = 1;

    /// <summary>KVM_VCPUEVENT_VALID_SHADOW.</summary>
    public const uint ValidShadow = 4;

    public byte ExceptionInjected, ExceptionVector, ExceptionHasErrorCode, ExceptionPending;
    public uint ExceptionErrorCode;
    public byte InterruptInjected, InterruptVector, InterruptSoft, InterruptShadow;
    public byte NmiInjected, NmiPending, NmiMasked, NmiPadding;
    public uint SipiVector;
    public uint Flags;
    public byte SmiSmm, SmiPending, SmiInsideNmi, SmiLatchedInit;
    public byte TripleFaultPending;
    public Reserved Unused;
    public byte ExceptionHasPayload;
    public ulong ExceptionPayload;

    [InlineArray(26)]
    internal struct Reserved
    {
        private byte _first;
    }
}
