namespace Microsoft.HyperV.PowerShell;

/// <summary>A disk controller of a virtual machine: places for drives. The guest sees virtio disks.</summary>
public abstract class VMDriveController : VMComponentObject
{
    private protected VMDriveController(VirtualMachine machine, int number)
        : base(machine) => ControllerNumber = number;

    /// <summary>Number among the controllers of its kind.</summary>
    public int ControllerNumber { get; }

    /// <summary>The drives on it now.</summary>
    public Drive[] Drives => Array.FindAll(Machine.HardDrives, drive => drive.IsAt(ControllerType, ControllerNumber, null));

    internal abstract ControllerType ControllerType { get; }
}
