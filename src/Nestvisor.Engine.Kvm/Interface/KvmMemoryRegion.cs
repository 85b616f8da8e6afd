namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_userspace_memory_region.</summary>
internal struct KvmMemoryRegion
{
    public uint Slot;
    public uint Flags;
    public ulong GuestAddress;
    public ulong Size;
    public ulong HostAddress;
}
