using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>What is at a place of a disk controller.</summary>
public abstract class Drive : VMComponentObject
{
    private protected Drive(VirtualMachine machine, DiskConfiguration disk)
        : base(machine)
    {
        Path = disk.Path;
        ControllerType = Convert.ToControllerType(disk.ControllerType);
        ControllerNumber = disk.ControllerNumber;
        ControllerLocation = disk.ControllerLocation;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Kind of the controller; the guest sees a virtio disk at each.</summary>
    public ControllerType ControllerType { get; }

    /// <summary>Number of the controller.</summary>
    public int ControllerNumber { get; }

    /// <summary>Place on the controller.</summary>
    public int ControllerLocation { get; }

    /// <summary>Always the pool that Hyper-V has from the beginning; there are no others.</summary>
    public string PoolName => DefaultPool;

    internal bool IsAt(ControllerType? type, int? number, int? location) =>
        (type ?? ControllerType) == ControllerType && (number ?? ControllerNumber) == ControllerNumber && (location ?? ControllerLocation) == ControllerLocation;
}
