namespace Microsoft.HyperV.PowerShell;

/// <summary>The kind of a disk controller.</summary>
public enum ControllerType
{
    /// <summary>IDE.</summary>
    IDE = 0,

    /// <summary>SCSI; in Nestvisor the virtio disks.</summary>
    SCSI = 1,

    /// <summary>Persistent memory.</summary>
    PMEM = 2,
}
