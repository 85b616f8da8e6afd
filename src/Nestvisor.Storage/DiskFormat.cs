namespace Nestvisor.Storage;

/// <summary>How a disk file holds a disk. The numbers of VHD and VHDX are those of Hyper-V's <c>VhdFormat</c>.</summary>
public enum DiskFormat
{
    /// <summary>The bytes of the file are those of the disk.</summary>
    Raw = 0,

    /// <summary>Virtual Hard Disk Image Format: at most 2040 GB, sectors of 512 bytes.</summary>
    Vhd = 2,

    /// <summary>VHDX: at most 64 TB, sectors of 512 or 4096 bytes, a log that survives crashes.</summary>
    Vhdx = 3,
}
