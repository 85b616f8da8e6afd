namespace Nestvisor.Storage;

/// <summary>How a disk file gets its storage. The numbers are those of Hyper-V's <c>VhdType</c>.</summary>
public enum DiskType
{
    /// <summary>All of it is there from the beginning.</summary>
    Fixed = 2,

    /// <summary>It grows, block by block, as it is written to.</summary>
    Dynamic = 3,

    /// <summary>It holds what differs from a parent disk. Such files are described and not opened.</summary>
    Differencing = 4,
}
