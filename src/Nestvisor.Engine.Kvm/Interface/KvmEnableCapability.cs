using System.Runtime.CompilerServices;

namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_enable_cap.</summary>
internal struct KvmEnableCapability
{
    public KvmCapability Capability;
    public uint Flags;
    public ulong Argument;
    public Rest Unused;

    [InlineArray(11)]
    internal struct Rest
    {
        private ulong _first;
    }
}
