namespace Microsoft.HyperV.PowerShell;

/// <summary>The kind of a disk controller. It names places; the guest sees virtio disks at all of them.</summary>
public enum ControllerType
{
    /// <summary>IDE, in generation 1.</summary>
    IDE = 0,

    /// <summary>SCSI.</summary>
    SCSI = 1,

    /// <summary>Persistent memory; no virtual machine has it.</summary>
    PMEM = 2,
}
