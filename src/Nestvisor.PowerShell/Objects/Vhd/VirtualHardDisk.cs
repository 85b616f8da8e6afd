using Microsoft.Virtualization.Client.Management;
using Nestvisor.Api.Disks;

namespace Microsoft.Vhd.PowerShell;

/// <summary>A virtual hard disk file as it was when it was looked at.</summary>
public sealed class VirtualHardDisk
{
    internal VirtualHardDisk(DiskFileInfo disk)
    {
        Path = disk.Path;
        VhdFormat = disk.Format switch
        {
            DiskFileFormat.Vhd => VhdFormat.VHD,
            DiskFileFormat.Vhdx => VhdFormat.VHDX,
            _ => VhdFormat.Unknown,
        };
        VhdType = disk.Type switch
        {
            DiskFileType.Dynamic => VhdType.Dynamic,
            DiskFileType.Fixed => VhdType.Fixed,
            DiskFileType.Differencing => VhdType.Differencing,
            _ => VhdType.Unknown,
        };
        FileSize = (ulong)disk.FileSize;
        Size = (ulong)disk.Size;
        MinimumSize = (ulong?)disk.MinimumSize;
        LogicalSectorSize = (uint)disk.LogicalSectorSize;
        PhysicalSectorSize = (uint)disk.PhysicalSectorSize;
        BlockSize = (uint)disk.BlockSize;
        ParentPath = disk.ParentPath;
        DiskIdentifier = disk.DiskIdentifier == Guid.Empty ? "" : disk.DiskIdentifier.ToString("D").ToUpperInvariant();
        FragmentationPercentage = (uint?)disk.FragmentationPercentage;
        Alignment = (uint)disk.Alignment;
        Attached = disk.Attached;
    }

    /// <summary>The computer.</summary>
    public string ComputerName => Environment.MachineName;

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Its format; Unknown for a raw file.</summary>
    public VhdFormat VhdFormat { get; }

    /// <summary>Its type; a raw file is fixed.</summary>
    public VhdType VhdType { get; }

    /// <summary>Length of the file in bytes.</summary>
    public ulong FileSize { get; }

    /// <summary>Bytes of the disk.</summary>
    public ulong Size { get; }

    /// <summary>The smallest size in bytes that keeps all partitions; null if that is not known.</summary>
    public ulong? MinimumSize { get; }

    /// <summary>Bytes of a logical sector.</summary>
    public uint LogicalSectorSize { get; }

    /// <summary>Bytes of a physical sector.</summary>
    public uint PhysicalSectorSize { get; }

    /// <summary>Bytes of a block; 0 if the file has none.</summary>
    public uint BlockSize { get; }

    /// <summary>The parent's path as the file names it; empty if it has none.</summary>
    public string ParentPath { get; }

    /// <summary>What tells the disk from others; empty for a raw file.</summary>
    public string DiskIdentifier { get; }

    /// <summary>The share of blocks that do not follow their predecessor in the file, 0 to 100; null if there are no blocks.</summary>
    public uint? FragmentationPercentage { get; }

    /// <summary>1 if blocks begin at multiples of the physical sector size in the file, else 0.</summary>
    public uint Alignment { get; }

    /// <summary>Whether a virtual machine that runs or somebody else has it open as a disk.</summary>
    public bool Attached { get; }

    /// <summary>Always null: disks are not attached to the host.</summary>
    public uint? DiskNumber => null;

    /// <summary>Always false: there is no persistent memory.</summary>
    public bool IsPMEMCompatible => false;

    /// <summary>Always None: there is no persistent memory.</summary>
    public VirtualHardDiskPmemAddressAbstractionType AddressAbstractionType => VirtualHardDiskPmemAddressAbstractionType.None;

    /// <inheritdoc/>
    public override string ToString() => $"VirtualHardDisk (Path = '{Path}')";
}
