namespace Nestvisor.Api.Machines;

/// <summary>The kind of a disk controller. It names places as Hyper-V does; the guest sees virtio disks at all of them.</summary>
public enum DiskControllerType
{
    /// <summary>SCSI: up to four controllers with 64 locations each.</summary>
    Scsi,

    /// <summary>IDE: two controllers with two locations each, in generation 1 only.</summary>
    Ide,
}
