namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>struct kvm_clock_data.</summary>
internal struct KvmClockData
{
    public ulong Clock;
    public uint Flags;
    public uint Padding0;
    public ulong Realtime;
    public ulong HostTsc;
    public ulong Padding1, Padding2;
}
