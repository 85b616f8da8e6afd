namespace Microsoft.Vhd.PowerShell;

/// <summary>The format of a virtual hard disk file.</summary>
public enum VhdFormat
{
    /// <summary>None of the others; in Nestvisor a raw file, whose bytes are the disk's.</summary>
    Unknown = 0,

    /// <summary>VHD.</summary>
    VHD = 2,

    /// <summary>VHDX.</summary>
    VHDX = 3,

    /// <summary>A VHD set; not supported.</summary>
    VHDSet = 4,
}
