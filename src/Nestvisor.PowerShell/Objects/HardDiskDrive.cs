using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A virtual hard disk of a virtual machine.</summary>
public sealed class HardDiskDrive : VMComponentObject
{
    internal HardDiskDrive(VirtualMachine machine, DiskConfiguration disk)
        : base(machine)
    {
        Path = disk.Path;
        ReadOnly = disk.ReadOnly;
        ControllerNumber = disk.ControllerNumber;
        ControllerLocation = disk.ControllerLocation;
    }

    /// <inheritdoc/>
    public override string Name => $"Hard Drive on {ControllerType} controller number {ControllerNumber} at location {ControllerLocation}";

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>An extension: whether the guest may only read the disk.</summary>
    public bool ReadOnly { get; }

    /// <summary>Always SCSI; the guest sees a virtio disk.</summary>
    public ControllerType ControllerType => ControllerType.SCSI;

    /// <summary>Number of the controller.</summary>
    public int ControllerNumber { get; }

    /// <summary>Place on the controller.</summary>
    public int ControllerLocation { get; }

    /// <summary>Always null: the disk is a file.</summary>
    public int? DiskNumber => null;

    internal static HardDiskDrive[] Of(VirtualMachine machine)
    {
        IReadOnlyList<DiskConfiguration> disks = machine.Configuration.Disks;
        HardDiskDrive[] drives = new HardDiskDrive[disks.Count];
        for (int i = 0; i < drives.Length; i++)
        {
            drives[i] = new HardDiskDrive(machine, disks[i]);
        }

        return drives;
    }
}
