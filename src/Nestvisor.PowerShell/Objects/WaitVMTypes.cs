namespace Microsoft.HyperV.PowerShell;

/// <summary>What Wait-VM waits for.</summary>
public enum WaitVMTypes
{
    /// <summary>The integration services' heartbeat.</summary>
    Heartbeat = 0,

    /// <summary>An IP address.</summary>
    IPAddress = 1,

    /// <summary>A restart of the guest.</summary>
    Reboot = 2,

    /// <summary>The end of memory operations.</summary>
    MemoryOperations = 3,

    /// <summary>An extension of Nestvisor's: the virtual machine is off.</summary>
    Off = 100,
}
