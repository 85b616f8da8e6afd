namespace Nestvisor.Api.Worker;

/// <summary>Which engine runs a virtual machine.</summary>
public enum WorkerEngine
{
    /// <summary>Kvm where the processor shows AMD-V or VT-x and /dev/kvm is usable, else Software.</summary>
    Auto,

    /// <summary>The kernel's KVM. Forced: the start fails where it is not usable.</summary>
    Kvm,

    /// <summary>Nestvisor's software engine.</summary>
    Software,
}
