namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_msi.</summary>
internal struct KvmMsi
{
    public uint AddressLow, AddressHigh;
    public uint Data;
    public uint Flags;
    public uint DeviceId;
    public uint Padding1;
    public ulong Padding2;
}

/// <summary>Values of struct kvm_irq_routing_entry's field type.</summary>
internal static class KvmRoutingType
{
    /// <summary>KVM_IRQ_ROUTING_MSI.</summary>
    public const uint Msi = 2;
}

/// <summary>struct kvm_irqfd.</summary>
internal struct KvmIrqFd
{
    /// <summary>KVM_IRQFD_FLAG_DEASSIGN.</summary>
    public const uint Deassign = 1;

    public uint FileDescriptor;
    public uint Gsi;
    public uint Flags;
    public uint ResampleDescriptor;
    public ulong Padding1, Padding2;
}

/// <summary>struct kvm_ioeventfd.</summary>
internal struct KvmIoEventFd
{
    /// <summary>KVM_IOEVENTFD_FLAG_DEASSIGN.</summary>
    public const uint Deassign = 4;

    public ulong DataMatch;
    public ulong Address;
    public uint Length;
    public int FileDescriptor;
    public uint Flags;
    public uint Padding0;
    public ulong Padding1, Padding2, Padding3, Padding4;
}
