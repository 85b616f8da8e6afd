namespace Microsoft.Vhd.PowerShell;

/// <summary>How a virtual hard disk file gets its storage.</summary>
public enum VhdType
{
    /// <summary>None of the others.</summary>
    Unknown = 0,

    /// <summary>All of it is there from the beginning.</summary>
    Fixed = 2,

    /// <summary>It grows as it is written to.</summary>
    Dynamic = 3,

    /// <summary>It holds what differs from a parent disk.</summary>
    Differencing = 4,
}
