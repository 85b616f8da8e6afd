namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>Capabilities that KVM_CHECK_EXTENSION tells of (linux/kvm.h).</summary>
internal enum KvmCapability
{
    UserMemory = 3,
    SetTssAddress = 4,
    ExtendedCpuid = 7,
    MpState = 14,
    IrqFd = 32,
    IoEventFd = 36,
    VcpuEvents = 41,
    DebugRegs = 50,
    Xcrs = 56,
    GetTscKhz = 61,
    MaxVcpus = 66,
    TscDeadlineTimer = 72,
    SignalMsi = 77,
    IoEventFdNoLength = 100,
    SplitIrqchip = 121,
    X2ApicApi = 129,
    ImmediateExit = 136,
    NestedState = 157,
    X86UserSpaceMsr = 188,
    X86MsrFilter = 189,
    BinaryStatsFd = 203,
}
