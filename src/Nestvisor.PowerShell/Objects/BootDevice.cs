namespace Microsoft.HyperV.PowerShell;

/// <summary>A device to boot from.</summary>
public enum BootDevice
{
    /// <summary>The floppy disk.</summary>
    Floppy = 0,

    /// <summary>The DVD drive.</summary>
    CD = 1,

    /// <summary>A disk on the IDE controller.</summary>
    IDE = 2,

    /// <summary>The emulated network adapter.</summary>
    LegacyNetworkAdapter = 3,

    /// <summary>The network adapter.</summary>
    NetworkAdapter = 4,

    /// <summary>The virtual hard disk.</summary>
    VHD = 5,
}
