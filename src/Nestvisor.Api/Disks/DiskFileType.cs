namespace Nestvisor.Api.Disks;

/// <summary>How a disk file gets its storage.</summary>
public enum DiskFileType
{
    /// <summary>It grows as it is written to.</summary>
    Dynamic,

    /// <summary>All of it is there from the beginning.</summary>
    Fixed,

    /// <summary>It holds what differs from a parent disk.</summary>
    Differencing,
}
