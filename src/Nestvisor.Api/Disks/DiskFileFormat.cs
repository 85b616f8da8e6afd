namespace Nestvisor.Api.Disks;

/// <summary>The format of a disk file; its extension fixes it.</summary>
public enum DiskFileFormat
{
    /// <summary>The bytes of the file are those of the disk.</summary>
    Raw,

    /// <summary>VHD, the extension .vhd.</summary>
    Vhd,

    /// <summary>VHDX, the extension .vhdx.</summary>
    Vhdx,
}
