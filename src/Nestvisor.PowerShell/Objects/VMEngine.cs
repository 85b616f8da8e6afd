namespace Microsoft.HyperV.PowerShell;

/// <summary>An extension of Nestvisor's: what runs a virtual machine.</summary>
public enum VMEngine
{
    /// <summary>Kvm where the processor shows AMD-V or VT-x and /dev/kvm is usable, else Software.</summary>
    Auto,

    /// <summary>The kernel's KVM.</summary>
    Kvm,

    /// <summary>Nestvisor's software engine.</summary>
    Software,
}
