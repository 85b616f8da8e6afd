namespace Nestvisor.Storage;

/// <summary>A disk file to be made. The extension of the path fixes the format: .vhdx, .vhd, anything else is raw.</summary>
public sealed record VirtualDiskCreation
{
    /// <summary>Path of the file. Its folder exists, the file does not.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Bytes of the disk: a multiple of the sector size, from 3 MB on, to 64 TB (VHDX) or 2040 GB (VHD). <see cref="VirtualDisk.Convert"/> takes the
    /// source's if it is 0.
    /// </summary>
    public long Size { get; init; }

    /// <summary>Its type. A raw disk is fixed; its storage is reserved as that of the other fixed ones.</summary>
    public DiskType Type { get; init; } = DiskType.Dynamic;

    /// <summary>
    /// Bytes of a block: for VHDX a power of two from 1 MB to 256 MB, for VHD 512 KB or 2 MB; 0 for the default of 32 MB and 2 MB. Fixed VHD files and
    /// raw ones have none.
    /// </summary>
    public int BlockSize { get; init; }

    /// <summary>Bytes of a logical sector: 512, and for VHDX also 4096. 0 for the default of 512, or the source's.</summary>
    public int LogicalSectorSize { get; init; }

    /// <summary>Bytes of a physical sector: 512 or 4096, for VHD and raw 512 alone. 0 for the default of 4096 (VHDX) and 512.</summary>
    public int PhysicalSectorSize { get; init; }
}
