using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell;

/// <summary>A virtual hard disk of a virtual machine.</summary>
public sealed class HardDiskDrive : Drive
{
    internal HardDiskDrive(VirtualMachine machine, DiskConfiguration disk)
        : base(machine, disk) => ReadOnly = disk.ReadOnly;

    /// <inheritdoc/>
    public override string Name => $"Hard Drive on {ControllerType} controller number {ControllerNumber} at location {ControllerLocation}";

    /// <summary>An extension: whether the guest may only read the disk.</summary>
    public bool ReadOnly { get; }

    /// <summary>Always null: the disk is a file.</summary>
    public int? DiskNumber => null;

    /// <summary>Always 0: the speed is not limited.</summary>
    public ulong? MaximumIOPS => 0;

    /// <summary>Always 0: no speed is promised.</summary>
    public ulong? MinimumIOPS => 0;

    /// <summary>Always null: there are no policies for the speed.</summary>
    public Guid? QoSPolicyID => null;

    /// <summary>Always false: disks are not shared.</summary>
    public bool? SupportPersistentReservations => false;

    /// <summary>Always Default.</summary>
    public CacheAttributes? WriteHardeningMethod => CacheAttributes.Default;

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
