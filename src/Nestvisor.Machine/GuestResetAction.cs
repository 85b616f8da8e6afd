namespace Nestvisor.Machine;

/// <summary>What the machine does when the guest resets it or a processor triple-faults.</summary>
public enum GuestResetAction
{
    /// <summary>It starts anew from the kernel.</summary>
    Reset,

    /// <summary>It ends.</summary>
    End,
}
